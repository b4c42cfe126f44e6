#include "load/stages.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "load/arrivals.hpp"

namespace asyncbench::load {
namespace {

using namespace std::chrono_literals;

constexpr Time kStart{100s};

// 2 s at 1,000 a second, then 1 s at 4,000, then 2 s down from there to 1,000.
const Stages kStages = {{2s, 1000, 1000}, {1s, 4000, 4000}, {2s, 4000, 1000}};

TEST(Stages, AddUpToAWindowOfOneMeanRate) {
  EXPECT_EQ(length_of(kStages), 5s);
  EXPECT_DOUBLE_EQ(mean_rate_per_s(kStages), (2000 + 4000 + 5000) / 5.0);
  EXPECT_EQ(stage_at(kStages, -1s), 0U);
  EXPECT_EQ(stage_at(kStages, 1999ms), 0U);
  EXPECT_EQ(stage_at(kStages, 2s), 1U);
  EXPECT_EQ(stage_at(kStages, 3s), 2U);
  EXPECT_EQ(stage_at(kStages, 9s), 2U);
}

// How many arrivals of a schedule lie in each half second from the first stage's start.
std::vector<double> arrivals_by_half_second(const char* arrivals, std::uint64_t seed) {
  ArrivalSpec spec = *parse_arrivals(arrivals);
  spec.rate_per_s = mean_rate_per_s(kStages);
  const StageClock clock(kStages, kStart - 1s, kStart);
  ArrivalSchedule schedule(spec, seed, Time{});
  std::vector<double> counts(10);
  for (Time at = clock.on_clock(schedule.take()); at < kStart + 5s;
       at = clock.on_clock(schedule.take())) {
    if (at >= kStart) ++counts[static_cast<std::size_t>((at - kStart) / 500ms)];
  }
  return counts;
}

TEST(Stages, BringEvenlySpacedArrivalsAtTheirRates) {
  const std::vector<double> counts = arrivals_by_half_second("constant:1", 1);
  const std::vector<double> expected = {500,  500,    500,    500,    2000,
                                        2000, 1812.5, 1437.5, 1062.5, 687.5};
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(counts[i], expected[i], 2) << i;
}

TEST(Stages, BringPoissonArrivalsAtTheirRatesTheSameForASeed) {
  const std::vector<double> counts = arrivals_by_half_second("poisson:1", 7);
  const std::vector<double> expected = {500,  500,    500,    500,    2000,
                                        2000, 1812.5, 1437.5, 1062.5, 687.5};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(counts[i], expected[i], 5 * std::sqrt(expected[i])) << i;
  }
  EXPECT_EQ(counts, arrivals_by_half_second("poisson:1", 7));
  EXPECT_NE(counts, arrivals_by_half_second("poisson:1", 8));
}

// The audit counts arrivals in the schedule's time, tasks see them on the clock: no arrival may be
// before a time in one of them and after it in the other.
TEST(Stages, TellOfEachArrivalAlikeOnTheClockAndInTheSchedule) {
  const StageClock clock(kStages, kStart - 300ms, kStart);
  EXPECT_LE(std::abs((clock.on_clock(Time{}) - (kStart - 300ms)).count()), 1);
  for (const Duration since :
       {-299ms, -1ms, 0ms, 1ms, 1999ms, 2000ms, 2001ms, 3000ms, 3500ms, 4999ms, 5000ms, 6000ms}) {
    const Time at = kStart + since;
    const Time scheduled = clock.in_schedule(at);
    EXPECT_GE(clock.on_clock(scheduled), at);
    EXPECT_LT(clock.on_clock(scheduled - Duration{1}), at);
  }
}

TEST(Stages, NeverGoBackwards) {
  const StageClock clock(kStages, kStart, kStart);
  Time last = clock.on_clock(Time{});
  for (Duration scheduled = 1ms; scheduled < 7s; scheduled += 1ms) {
    const Time at = clock.on_clock(Time{scheduled});
    EXPECT_GT(at, last);
    last = at;
  }
}

}  // namespace
}  // namespace asyncbench::load
