#include "analyze/power.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "analyze/multiplicity.hpp"

namespace asyncbench::analyze {
namespace {

// n log ratios with a robust deviation of `s_d`, about 0.01.
std::vector<double> with_deviation(std::size_t n, double s_d) {
  std::vector<double> differences;
  for (std::size_t i = 0; i < n; ++i) {
    differences.push_back(0.01 + (i % 2 == 0 ? 1 : -1) * s_d / 1.4826);
  }
  return differences;
}

// The median absolute deviation of the textbook example (1, 1, 2, 2, 4, 6, 9) is 1.
TEST(RobustDeviation, IsTheScaledMedianOfDeviations) {
  EXPECT_DOUBLE_EQ(robust_deviation(std::vector<double>{1, 1, 2, 2, 4, 6, 9}), 1.4826);
  EXPECT_DOUBLE_EQ(robust_deviation(std::vector<double>{1, 1, 2, 2, 4, 6, 9e9}), 1.4826);
  EXPECT_EQ(robust_deviation(std::vector<double>{7, 7, 7, 7, 8}), 0);
}

// With the quantiles as tabulated: t(95 %, 9) = 1.8331, t(99.5 %, 9) = 3.2498, t(95 %, 19)
// = 1.7291.
TEST(SmallestDetectableEffect, FollowsTheFormula) {
  const auto expected = [](double t, double n) {
    return std::exp((t + 0.84) * 0.05 / std::sqrt(n)) - 1;
  };
  const auto ten = with_deviation(10, 0.05);
  EXPECT_NEAR(smallest_detectable_effect(ten, 0.05, 1), expected(1.8331, 10), 1e-6);
  EXPECT_NEAR(smallest_detectable_effect(ten, 0.025, 5), expected(3.2498, 10), 1e-6);
  EXPECT_NEAR(smallest_detectable_effect(with_deviation(20, 0.05), 0.05, 1), expected(1.7291, 20),
              1e-6);
}

TEST(SmallestDetectableEffect, IsInfiniteWithoutASpread) {
  EXPECT_TRUE(std::isinf(smallest_detectable_effect({}, 0.05, 1)));
  EXPECT_TRUE(std::isinf(smallest_detectable_effect(std::vector<double>{0.1}, 0.05, 1)));
  EXPECT_EQ(smallest_detectable_effect(std::vector<double>(6, 0.1), 0.05, 1), 0);
}

TEST(PairsToDetect, AreTheFewestThatSuffice) {
  for (const double s_d : {0.02, 0.05, 0.1, 0.3}) {
    for (const std::size_t hypotheses : {1U, 6U}) {
      const std::size_t pairs = pairs_to_detect(s_d, 0.05, 0.025, hypotheses, 10'000);
      ASSERT_GT(pairs, 2U);
      // Even numbers only, of which with_deviation() makes the deviation that it is asked for.
      const std::size_t enough = pairs + pairs % 2;
      const std::size_t short_of = pairs - 1 - (pairs - 1) % 2;
      EXPECT_LE(smallest_detectable_effect(with_deviation(enough, s_d), 0.025, hypotheses), 0.05);
      if (pairs > fewest_pairs(hypotheses, 0.025)) {
        EXPECT_GT(smallest_detectable_effect(with_deviation(short_of, s_d), 0.025, hypotheses),
                  0.05);
      }
    }
  }
}

TEST(PairsToDetect, AreAtLeastAsManyAsCanReject) {
  EXPECT_EQ(pairs_to_detect(0, 0.1, 0.025, 6, 20), fewest_pairs(6, 0.025));
  EXPECT_EQ(pairs_to_detect(0, 0.1, 0.5, 1, 20), 2U);
}

TEST(PairsToDetect, AreOneMoreThanTheMostWhenThoseDoNotSuffice) {
  const std::size_t needed = pairs_to_detect(0.1, 0.05, 0.025, 1, 1000);
  EXPECT_EQ(pairs_to_detect(0.1, 0.05, 0.025, 1, needed), needed);
  EXPECT_EQ(pairs_to_detect(0.1, 0.05, 0.025, 1, needed - 1), needed);
  EXPECT_EQ(pairs_to_detect(0.1, 0.05, 0.025, 1, 20), 21U);
  EXPECT_EQ(pairs_to_detect(0, 0.05, 0.025, 6, 4), 5U);
}

}  // namespace
}  // namespace asyncbench::analyze
