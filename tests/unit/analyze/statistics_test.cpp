#include "analyze/statistics.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <random>

namespace asyncbench::analyze {
namespace {

using result::IntervalKind;

std::vector<double> one_to(int n) {
  std::vector<double> values(static_cast<std::size_t>(n));
  std::iota(values.begin(), values.end(), 1.0);
  return values;
}

TEST(Median, IsTheMiddleOrTheMeanOfTheTwoMiddleOnes) {
  EXPECT_EQ(median(std::vector<double>{5}), 5);
  EXPECT_EQ(median(std::vector<double>{3, 1, 2}), 2);
  EXPECT_EQ(median(std::vector<double>{4, 1, 3, 2}), 2.5);
}

// The ranks of the sign interval as tabulated (for example Hettmansperger and McKean, or Dixon and
// Massey, table A-25): n = 6: 1, 8: 1, 9: 2, 10: 2, 12: 3, 15: 4, 20: 6, 25: 8.
TEST(Estimate, HasTheTabulatedSignIntervals) {
  const std::vector<std::pair<int, double>> kTable = {{6, 1},  {8, 1},  {9, 2},  {10, 2},
                                                      {12, 3}, {15, 4}, {20, 6}, {25, 8}};
  for (const auto& [n, k] : kTable) {
    const result::Estimate e = estimate(one_to(n));
    EXPECT_EQ(e.interval, IntervalKind::sign_95) << n;
    EXPECT_EQ(e.low, k) << n;
    EXPECT_EQ(e.high, n + 1 - k) << n;
    EXPECT_EQ(e.median, (n + 1) / 2.0) << n;
    EXPECT_EQ(e.trials, n);
  }
}

TEST(Estimate, IsARangeBelowSixTrials) {
  EXPECT_EQ(estimate(one_to(1)).interval, IntervalKind::single);
  for (int n = 2; n < 6; ++n) {
    const result::Estimate e = estimate(one_to(n));
    EXPECT_EQ(e.interval, IntervalKind::range);
    EXPECT_EQ(e.low, 1);
    EXPECT_EQ(e.high, n);
  }
}

TEST(QuantileInterval, IsThereFromThePublishedSampleSizesOn) {
  const std::vector<std::pair<double, std::uint64_t>> kNeeded = {
      {0.99, 368}, {0.999, 3688}, {0.9999, 36887}};
  for (const auto& [q, n] : kNeeded) {
    EXPECT_FALSE(has_quantile_interval(n - 1, n - 1, q)) << q;
    EXPECT_TRUE(has_quantile_interval(n, n, q)) << q;
    EXPECT_FALSE(has_quantile_interval(n, n - 1, q)) << q;
  }
}

// P(40 <= B(100, 0.5) <= 60) = 0.9648: the classical interval of a median of 100 runs from the
// 40th to the 61st value.
TEST(QuantileInterval, OfTheMedianOfAHundredTakesTheSixtyFirst) {
  EXPECT_TRUE(has_quantile_interval(100, 61, 0.5));
  EXPECT_FALSE(has_quantile_interval(100, 60, 0.5));
}

TEST(QuantileInterval, TakesALowerLimitToo) {
  EXPECT_FALSE(has_quantile_interval(5, 5, 0.5));
  EXPECT_TRUE(has_quantile_interval(6, 6, 0.5));
  EXPECT_FALSE(has_quantile_interval(0, 0, 0.5));
}

measure::Histogram histogram(const std::vector<std::pair<std::int64_t, std::uint64_t>>& values) {
  measure::Histogram h;
  for (const auto& [ns, times] : values) h.record(ns, times);
  return h;
}

Percentile percentile(const measure::Histogram& completed, const measure::Histogram& censored,
                      double percent) {
  return analyze::percentile(
      CensoredLatencies(measure::Distribution(completed), measure::Distribution(censored)),
      percent);
}

TEST(Percentile, EqualsTheHistogramsWithoutCensoredRequests) {
  const auto h = histogram({{100, 900}, {500, 90}, {1000, 10}});
  for (const double p : {1.0, 50.0, 90.0, 99.0, 99.9, 100.0}) {
    const Percentile value = percentile(h, {}, p);
    EXPECT_EQ(value.value_ns, h.value_at_percentile(p)) << p;
    EXPECT_FALSE(value.at_least);
  }
  EXPECT_FALSE(percentile(h, {}, 99).unresolved);
  EXPECT_TRUE(percentile(h, {}, 99.9).unresolved);
}

TEST(Percentile, DoesNotMindCensoredRequestsBeyondIt) {
  // One in a thousand is unfinished: p50 and p99 do not depend on what becomes of it.
  const auto completed = histogram({{100, 990}, {500, 9}});
  const auto censored = histogram({{50, 1}});
  EXPECT_EQ(percentile(completed, censored, 50).value_ns, 100);
  EXPECT_FALSE(percentile(completed, censored, 50).at_least);
  EXPECT_FALSE(percentile(completed, censored, 98).at_least);
}

TEST(Percentile, IsALowerBoundWhereItFallsAmongCensoredRequests) {
  // A server that froze: half of the requests wait for 900 already.
  const auto completed = histogram({{100, 500}});
  const auto censored = histogram({{900, 500}});
  EXPECT_FALSE(percentile(completed, censored, 50).at_least);
  const Percentile p99 = percentile(completed, censored, 99);
  EXPECT_EQ(p99.value_ns, 900);
  EXPECT_TRUE(p99.at_least);
  EXPECT_TRUE(p99.unresolved);
}

TEST(Percentile, IsALowerBoundWhereYoungCensoredRequestsCouldMoveItFar) {
  // With the ten at their ages p90 is 100; had they become infinitely old, it would be 200, or 105.
  const auto censored = histogram({{10, 10}});
  const Percentile far = percentile(histogram({{100, 85}, {200, 5}}), censored, 90);
  EXPECT_EQ(far.value_ns, 100);
  EXPECT_TRUE(far.at_least);
  EXPECT_FALSE(percentile(histogram({{100, 85}, {105, 5}}), censored, 90).at_least);
}

TEST(Percentile, GrowsWithItsRankWhateverIsCensored) {
  const auto completed = histogram({{100, 900}, {900, 90}});
  const auto censored = histogram({{50, 10}});
  EXPECT_LE(percentile(completed, censored, 99).value_ns,
            percentile(completed, censored, 99.9).value_ns);
}

TEST(Mser5, CutsOffARampAndNothingOfAConstant) {
  std::vector<double> values(100, 1000);
  EXPECT_EQ(mser5_truncation(values), 0U);
  for (std::size_t i = 0; i < 15; ++i) values[i] = 500;
  EXPECT_EQ(mser5_truncation(values), 15U);
}

TEST(Mser5, LooksAtTheFirstHalfOnly) {
  std::vector<double> values(100, 0);
  for (std::size_t i = 90; i < 100; ++i) values[i] = 1000;
  EXPECT_LE(mser5_truncation(values), 50U);
  EXPECT_EQ(mser5_truncation({}), 0U);
}

// Hand-computed by MSER's formula: the means of five are 0, 8, 10, 10 (x 5 equal values each), so
// the candidates 0, 1, 2 have squares/n^2 of 68/16, (8/3)/9 and 0.
TEST(Mser5, TakesTheLeastStandardError) {
  std::vector<double> values;
  for (const double level : {0.0, 8.0, 10.0, 10.0}) values.insert(values.end(), 5, level);
  EXPECT_EQ(mser5_truncation(values), 10U);
}

// IQ and hours of television a week, the textbook example: rho = -29/165, p = 0.6272.
TEST(Spearman, GivesThePublishedExample) {
  const std::vector<double> iq = {106, 100, 86, 101, 99, 103, 97, 113, 112, 110};
  const std::vector<double> hours = {7, 27, 2, 50, 28, 29, 20, 12, 6, 17};
  const Correlation c = spearman(iq, hours);
  EXPECT_NEAR(c.rho, -29.0 / 165, 1e-12);
  EXPECT_NEAR(c.p, 0.6272, 5e-4);
}

TEST(Spearman, UsesMidranksForTies) {
  // Ranks 1, 2.5, 2.5, 4 against 1, 2, 3, 4: r = 4.5 / sqrt(4.5 x 5).
  EXPECT_NEAR(spearman_with_index(std::vector<double>{1, 5, 5, 9}).rho, 4.5 / std::sqrt(22.5),
              1e-12);
  EXPECT_EQ(spearman_with_index(std::vector<double>{7, 7, 7, 7}).rho, 0);
}

TEST(Spearman, IsCertainOfAMonotoneSeriesOnly) {
  EXPECT_EQ(spearman_with_index(one_to(10)).p, 0);
  EXPECT_EQ(spearman_with_index(one_to(9)).p, 1);
}

TEST(TheilSen, IsTheMedianSlope) {
  EXPECT_EQ(theil_sen_slope(one_to(5)), 1);
  // Slopes of 0, 1, 9: pairs 1, 9, 8 with distances 1, 2, 1 give 1, 4.5, 8.
  EXPECT_EQ(theil_sen_slope(std::vector<double>{0, 1, 9}), 4.5);
  // One outlier does not move it.
  std::vector<double> values = one_to(21);
  values[10] = 1e6;
  EXPECT_EQ(theil_sen_slope(values), 1);
}

}  // namespace
}  // namespace asyncbench::analyze
