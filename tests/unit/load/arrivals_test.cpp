#include "load/arrivals.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <thread>
#include <vector>

#include "load/anderson_darling.hpp"

namespace asyncbench::load {
namespace {

constexpr Time kStart = Time{Duration{5'000'000'000}};

std::vector<Time> take(ArrivalSchedule& schedule, std::size_t count) {
  std::vector<Time> times;
  for (std::size_t i = 0; i < count; ++i) times.push_back(schedule.take());
  return times;
}

TEST(Arrivals, AreReadFromTheirForms) {
  EXPECT_EQ(parse_arrivals("closed")->kind, ArrivalKind::closed);
  EXPECT_FALSE(parse_arrivals("closed")->open_loop());
  EXPECT_EQ(parse_arrivals("constant:5000")->kind, ArrivalKind::constant);
  EXPECT_EQ(parse_arrivals("poisson:0.5")->rate_per_s, 0.5);
  EXPECT_TRUE(parse_arrivals("poisson:0.5")->open_loop());
  EXPECT_EQ(parse_arrivals("30%")->kind, ArrivalKind::share);
  EXPECT_EQ(parse_arrivals("30%")->share, 0.3);
  EXPECT_EQ(parse_arrivals("30%")->rate_per_s, 0);
  EXPECT_EQ(parse_arrivals("constant")->rate_per_s, 0);
  EXPECT_EQ(parse_arrivals("poisson")->to_string(), "poisson");
  for (const char* text :
       {"", "open", "constant:", "constant:0", "poisson:-1", "poisson:nan", "poisson:inf",
        "constant:5k", "closed:1", "poisson: 5", "%", "0%", "101%", "30 %", "poisson:30%"}) {
    EXPECT_FALSE(parse_arrivals(text)) << text;
  }
}

TEST(Arrivals, AreWrittenAsTheyAreRead) {
  for (const char* text : {"closed", "constant:5000", "poisson:0.125", "30%", "12.5%", "100%"}) {
    EXPECT_EQ(parse_arrivals(text)->to_string(), text);
  }
}

TEST(Arrivals, AtAConstantRateDoNotDrift) {
  ArrivalSchedule schedule({ArrivalKind::constant, 3.0}, 1, kStart);
  const auto times = take(schedule, 300'001);
  EXPECT_EQ(times[0], kStart);
  EXPECT_EQ(times[1], kStart + Duration{333'333'333});
  EXPECT_EQ(times[300'000], kStart + std::chrono::seconds(100'000));
}

TEST(Arrivals, OfAPoissonProcessHaveExponentialGaps) {
  constexpr double kRate = 20'000;
  const ArrivalSchedule schedule({ArrivalKind::poisson, kRate}, 7, kStart);
  const auto gaps = schedule.gaps_s(kStart, Time::max(), 1'000);
  ASSERT_EQ(gaps.size(), 1'000u);
  EXPECT_LT(anderson_darling_exponential(gaps, kRate), kAndersonDarlingOnePercent);
}

TEST(Arrivals, HaveTheGapsBetweenThoseInAStretchOfTime) {
  ArrivalSchedule schedule({ArrivalKind::poisson, 1000}, 9, kStart);
  const auto times = take(schedule, 100);
  const auto gaps = schedule.gaps_s(times[10], times[20], 100);
  ASSERT_EQ(gaps.size(), 9u);
  for (std::size_t i = 0; i < gaps.size(); ++i) {
    EXPECT_DOUBLE_EQ(gaps[i], static_cast<double>((times[11 + i] - times[10 + i]).count()) / 1e9);
  }
  EXPECT_TRUE(schedule.gaps_s(times[10], times[10], 100).empty());
}

TEST(Arrivals, FollowFromTheSeed) {
  const ArrivalSpec spec{ArrivalKind::poisson, 1e6};
  ArrivalSchedule one(spec, 1, kStart);
  ArrivalSchedule again(spec, 1, kStart);
  EXPECT_EQ(take(one, 1000), take(again, 1000));
}

TEST(Arrivals, OfNeighbouringSeedsDoNotRunTogether) {
  const ArrivalSpec spec{ArrivalKind::poisson, 1e8};
  ArrivalSchedule one(spec, 1, kStart);
  ArrivalSchedule two(spec, 2, kStart);
  const auto first = take(one, 10'000);
  const auto second = take(two, 10'000);
  EXPECT_NE(first.back() - first[9'000], second.back() - second[9'000]);
}

TEST(Arrivals, NeverStandStillAtAnyRate) {
  for (const double rate : {1e-300, 1.0, 1e9, 1e300}) {
    ArrivalSchedule schedule({ArrivalKind::poisson, rate}, 1, kStart);
    const auto times = take(schedule, 100);
    EXPECT_TRUE(std::is_sorted(times.begin(), times.end())) << rate;
    EXPECT_GT(times.front(), kStart) << rate;
    ArrivalSchedule part({ArrivalKind::poisson, rate}, 1, kStart, {.index = 1, .of = 2});
    EXPECT_GT(take(part, 100).front(), kStart) << rate;
  }
}

class EachKind : public testing::TestWithParam<ArrivalKind> {};
INSTANTIATE_TEST_SUITE_P(Arrivals, EachKind,
                         testing::Values(ArrivalKind::constant, ArrivalKind::poisson));

TEST_P(EachKind, HandsEachArrivalOutOnceToManyThreads) {
  constexpr std::size_t kThreads = 4;
  constexpr std::size_t kEach = 5'000;
  const ArrivalSpec spec{GetParam(), 1e6};
  ArrivalSchedule shared(spec, 3, kStart);
  std::vector<std::vector<Time>> taken(kThreads);
  {
    std::vector<std::jthread> threads;
    for (auto& mine : taken) threads.emplace_back([&] { mine = take(shared, kEach); });
  }
  std::vector<Time> all;
  for (const auto& mine : taken) all.insert(all.end(), mine.begin(), mine.end());
  std::sort(all.begin(), all.end());
  ArrivalSchedule alone(spec, 3, kStart);
  EXPECT_EQ(all, take(alone, kThreads * kEach));
}

TEST_P(EachKind, IsCountedAsItIsHandedOut) {
  const ArrivalSpec spec{GetParam(), 10'000};
  ArrivalSchedule schedule(spec, 5, kStart);
  const Time from = kStart + std::chrono::milliseconds(100);
  const Time until = kStart + std::chrono::milliseconds(350);
  const auto times = take(schedule, 10'000);
  const auto expected = static_cast<std::uint64_t>(
      std::count_if(times.begin(), times.end(), [&](Time t) { return t >= from && t < until; }));
  EXPECT_GT(expected, 2'000U);
  EXPECT_EQ(schedule.count(from, until), expected);
}

TEST_P(EachKind, SplitsIntoPartsThatAreTheWholeTogether) {
  constexpr unsigned kParts = 3;
  constexpr std::size_t kArrivals = 9'000;
  const ArrivalSpec spec{GetParam(), 30'000};
  ArrivalSchedule whole(spec, 5, kStart);
  const std::vector<Time> expected = take(whole, kArrivals);
  const Time until = expected.back() + Duration{1};
  std::vector<Time> together;
  for (unsigned index = 0; index < kParts; ++index) {
    ArrivalSchedule part(spec, 5, kStart, {.index = index, .of = kParts});
    const std::uint64_t count = part.count(kStart, until);
    EXPECT_NEAR(static_cast<double>(count), 3'000, 250) << "five standard deviations";
    const std::vector<Time> own = take(part, count);
    together.insert(together.end(), own.begin(), own.end());
    EXPECT_GE(part.take(), until);
    EXPECT_EQ(part.gaps_s(kStart, until, 100), whole.gaps_s(kStart, until, 100));
  }
  std::ranges::sort(together);
  EXPECT_EQ(together, expected);
}

TEST(Arrivals, OfAPartOfAPoissonProcessAreOneOfItsOwn) {
  constexpr unsigned kParts = 4;
  constexpr double kRate = 80'000;
  ArrivalSchedule part({ArrivalKind::poisson, kRate}, 7, kStart, {.index = 2, .of = kParts});
  const std::vector<Time> times = take(part, 1'001);
  std::vector<double> gaps;
  for (std::size_t i = 1; i < times.size(); ++i) {
    gaps.push_back(std::chrono::duration<double>(times[i] - times[i - 1]).count());
  }
  EXPECT_LT(anderson_darling_exponential(gaps, kRate / kParts), kAndersonDarlingOnePercent);
}

TEST_P(EachKind, LeavesTheRestToTheDrain) {
  const ArrivalSpec spec{GetParam(), 10'000};
  ArrivalSchedule schedule(spec, 5, kStart);
  const Time until = kStart + std::chrono::milliseconds(100);
  take(schedule, 300);
  std::uint64_t drained = 0;
  schedule.drain(until, [&](Time time) {
    EXPECT_LT(time, until);
    ++drained;
  });
  EXPECT_EQ(300 + drained, schedule.count(kStart, until));
}

}  // namespace
}  // namespace asyncbench::load
