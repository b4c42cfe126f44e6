// The search is driven on simulated systems, whose capacity is known.
#include "analyze/rate_search.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>

namespace asyncbench::analyze {
namespace {

using System = std::function<bool(double rate_per_s)>;

RateSearch searched(const System& meets, const RateSearchOptions& options = {}) {
  RateSearch search(options);
  while (const auto rate = search.next()) search.take(meets(*rate));
  return search;
}

System with_capacity(double per_s) {
  return [=](double rate) { return rate < per_s; };
}

unsigned trials_of(const RateSearch& search) {
  unsigned sum = 0;
  for (const RateStep& step : search.steps()) sum += step.met + step.unmet;
  return sum;
}

TEST(RateSearch, BracketsTheCapacityClosely) {
  for (const double capacity : {3.5, 777.0, 1000.0, 50'000.0, 6e6}) {
    const RateSearch search = searched(with_capacity(capacity));
    const RateAnswer& answer = search.answer();
    ASSERT_TRUE(answer.highest_met_per_s) << capacity;
    ASSERT_TRUE(answer.lowest_unmet_per_s) << capacity;
    EXPECT_LT(*answer.highest_met_per_s, capacity);
    EXPECT_GE(*answer.lowest_unmet_per_s, capacity);
    EXPECT_LE(*answer.lowest_unmet_per_s, *answer.highest_met_per_s * 1.05);
  }
}

TEST(RateSearch, HalvesAFirstRateThatFails) {
  RateSearch search({.first_per_s = 1000});
  search.take(false);
  search.take(false);
  EXPECT_EQ(search.next(), 500);
}

TEST(RateSearch, EndsAStepOnceTwoOfThreeTrialsAgree) {
  RateSearch search({.first_per_s = 1000});
  search.take(true);
  search.take(true);
  EXPECT_EQ(search.next(), 2000);
  search.take(true);
  search.take(false);
  EXPECT_EQ(search.next(), 2000);
  search.take(false);
  EXPECT_EQ(search.steps()[1].unmet, 2u);
  EXPECT_FALSE(search.steps()[1].passed);
  EXPECT_LT(*search.next(), 2000);
}

TEST(RateSearch, ConfirmsItsAnswerBySixTrialsOfWhichFiveAreMet) {
  const RateSearch search = searched(with_capacity(9000));
  const RateStep& last = search.steps().back();
  EXPECT_EQ(last.phase, RatePhase::confirm);
  EXPECT_EQ(last.met, 6u);
  EXPECT_EQ(last.rate_per_s, *search.answer().highest_met_per_s);
}

TEST(RateSearch, StepsDownWhenTheAnswerIsNotConfirmed) {
  // Lucky in its first trials: 8,000 is met in steps, and in no confirmation above 7,500.
  RateSearch search({.first_per_s = 4000});
  while (const auto rate = search.next()) {
    const bool confirming = search.steps().back().phase == RatePhase::confirm;
    search.take(*rate < (confirming ? 7500 : 8000));
  }
  const RateAnswer& answer = search.answer();
  ASSERT_TRUE(answer.highest_met_per_s);
  EXPECT_LT(*answer.highest_met_per_s, 7500);
  EXPECT_GT(*answer.highest_met_per_s, 7500 * 0.97);
  EXPECT_GE(*answer.lowest_unmet_per_s, 7500);
}

TEST(RateSearch, FindsItsWayBackWhenStepsWereFarTooLenient) {
  RateSearch search({.first_per_s = 4000});
  while (const auto rate = search.next()) {
    const bool confirming = search.steps().back().phase == RatePhase::confirm;
    search.take(*rate < (confirming ? 3000 : 8000));
  }
  const RateAnswer& answer = search.answer();
  ASSERT_TRUE(answer.highest_met_per_s);
  EXPECT_LT(*answer.highest_met_per_s, 3000);
  EXPECT_GT(*answer.highest_met_per_s, 3000 * 0.85);
  EXPECT_GE(*answer.lowest_unmet_per_s, 3000);
}

TEST(RateSearch, SaysWhenTheBoundsAreReached) {
  const RateSearch all = searched(with_capacity(1e9), {.most_per_s = 20'000});
  EXPECT_EQ(all.answer().highest_met_per_s, 20'000);
  EXPECT_FALSE(all.answer().lowest_unmet_per_s);
  const RateSearch none = searched(with_capacity(0));
  EXPECT_FALSE(none.answer().highest_met_per_s);
  EXPECT_EQ(none.answer().lowest_unmet_per_s, 1);
  EXPECT_FALSE(none.answer().why.empty());
}

TEST(RateSearch, EndsOnPureNoise) {
  std::mt19937_64 random(1);
  std::bernoulli_distribution coin(0.5);
  for (int i = 0; i < 1000; ++i) {
    const RateSearch search = searched([&](double) { return coin(random); });
    EXPECT_LE(trials_of(search), 200u);
    const RateAnswer& answer = search.answer();
    EXPECT_TRUE(answer.highest_met_per_s || !answer.why.empty());
  }
}

// A queue whose p99 is 0.5 ms / (1 - rate / full) must stay below 5 ms: its capacity is 90 % of
// `full`. From trial to trial the p99 varies by 20 %.
TEST(RateSearch, EndsWithinFivePercentOfANoisyCapacity) {
  constexpr int kSearches = 1000;
  for (const double full : {300.0, 14'000.0, 400'000.0}) {
    std::mt19937_64 random(7);
    std::lognormal_distribution<double> noise(0, 0.2);
    int close = 0;
    unsigned most = 0;
    double mean = 0;
    for (int i = 0; i < kSearches; ++i) {
      const RateSearch search = searched(
          [&](double rate) { return rate < full && 0.5 / (1 - rate / full) * noise(random) < 5; });
      const double found = search.answer().highest_met_per_s.value_or(0);
      close += std::abs(found / (0.9 * full) - 1) <= 0.05 ? 1 : 0;
      most = std::max(most, trials_of(search));
      mean += static_cast<double>(trials_of(search)) / kSearches;
    }
    EXPECT_GE(close, kSearches * 95 / 100) << full;
    EXPECT_LE(most, 80u) << full;
    EXPECT_LE(mean, 45) << full;
  }
}

}  // namespace
}  // namespace asyncbench::analyze
