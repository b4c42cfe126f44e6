#include "analyze/price.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "analyze/paired.hpp"

namespace asyncbench::analyze {
namespace {

// So many log ratios with a standard deviation of about `spread`.
std::vector<double> spread_by(double spread, int count = 6) {
  std::vector<double> ratios;
  for (int i = 0; i < count; ++i) ratios.push_back(0.01 + spread * (i % 2 == 0 ? 0.7 : -0.7));
  return ratios;
}

result::Result with_trials(std::size_t trials, const char* finished) {
  result::Result result;
  result.plan = {.warm_up_ns = 300'000'000, .window_ns = 700'000'000};
  result.run = {.started = "2026-11-20T23:50:00Z", .finished = finished};
  result.cells.resize(1);
  result.cells[0].trials.resize(trials);
  return result;
}

TEST(TrialSeconds, AreThoseOfTheRunItself) {
  EXPECT_DOUBLE_EQ(trial_seconds(with_trials(600, "2026-11-21T00:10:00Z")), 2) << "over midnight";
  EXPECT_DOUBLE_EQ(trial_seconds(with_trials(600, "")), 1) << "killed: warm-up and window";
  EXPECT_DOUBLE_EQ(trial_seconds(with_trials(600, "soon")), 1);
  EXPECT_DOUBLE_EQ(trial_seconds(with_trials(0, "2026-11-21T00:10:00Z")), 0);
  result::Result resumed = with_trials(600, "2026-11-21T00:10:00Z");
  resumed.run.resumed = 1;
  EXPECT_DOUBLE_EQ(trial_seconds(resumed), 1) << "the pause is no measuring";
}

TEST(Price, GrowsWithTheSpreadAndWithHowSmallTheDifferenceIs) {
  const Price cheap = *price_of(spread_by(0.05), 0.05, 10);
  const Price noisy = *price_of(spread_by(0.15), 0.05, 10);
  const Price fine = *price_of(spread_by(0.05), 0.02, 10);
  EXPECT_GT(noisy.blocks, 4 * cheap.blocks);
  EXPECT_GT(fine.blocks, 3 * cheap.blocks);
  EXPECT_DOUBLE_EQ(cheap.seconds, 10 * static_cast<double>(cheap.blocks));
}

TEST(Price, IsMoreThanWhatDidNotTell) {
  EXPECT_GE(price_of(spread_by(0.0001, 20), 0.05, 1)->blocks, 30U);
}

TEST(Price, IsUnknownWithoutASpreadAndBoundedWithAHugeOne) {
  EXPECT_FALSE(price_of(spread_by(0.1, 0), 0.05, 1));
  EXPECT_FALSE(price_of(spread_by(0.1, 1), 0.05, 1));
  const Price huge = *price_of(spread_by(30), 0.05, 1);
  EXPECT_TRUE(huge.beyond_reach);
  EXPECT_EQ(huge.blocks, kMostPairs);
  EXPECT_EQ(text_of(huge), "to tell 5 %: more than 1000 trials");
}

TEST(Price, NamesTheOptionAndTheTime) {
  EXPECT_EQ(text_of({.effect = 0.05, .blocks = 54, .seconds = 718}),
            "to tell 5 %: --trials 54 (about 12 min)");
  EXPECT_EQ(text_of({.effect = 0.03, .blocks = 8}),
            "to tell 3 %: --trials 8");
  EXPECT_EQ(about(45), "45 s");
  EXPECT_EQ(about(3 * 3600), "3 h");
}

}  // namespace
}  // namespace asyncbench::analyze
