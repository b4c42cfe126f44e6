#include "analyze/paired.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <utility>
#include <vector>

#include "analyze/binomial.hpp"

namespace asyncbench::analyze {
namespace {

// `positive` differences of 1, `negative` of -1 and `zeros` of 0.
std::vector<double> signs(std::size_t positive, std::size_t negative, std::size_t zeros = 0) {
  std::vector<double> differences(positive, 1);
  differences.insert(differences.end(), negative, -1);
  differences.insert(differences.end(), zeros, 0);
  return differences;
}

// The lower tail of 9 tosses has 1, 10, 46, 130, 256 of 512 patterns.
TEST(SignTest, IsTwiceTheSmallerBinomialTail) {
  EXPECT_NEAR(sign_test_p(signs(9, 0)), 2.0 / 512, 1e-12);
  EXPECT_NEAR(sign_test_p(signs(1, 8)), 20.0 / 512, 1e-12);
  EXPECT_NEAR(sign_test_p(signs(7, 2)), 92.0 / 512, 1e-12);
  EXPECT_NEAR(sign_test_p(signs(3, 6)), 260.0 / 512, 1e-12);
  EXPECT_EQ(sign_test_p(signs(5, 5)), 1);
}

TEST(SignTest, LeavesZerosOut) {
  EXPECT_EQ(sign_test_p(signs(7, 2, 20)), sign_test_p(signs(7, 2)));
  EXPECT_EQ(sign_test_p(signs(0, 0, 4)), 1);
  EXPECT_EQ(sign_test_p({}), 1);
}

// Tabulated ranks at 95 % are in Estimate's tests; these are one-sided 5 % and 0.5 % (Dixon and
// Massey, table A-25, whose columns are two-sided 10 % and 1 %).
TEST(SignInterval, RunsBetweenTheTabulatedRanksAtOtherLevels) {
  for (const auto& [n, at_5, at_half] :
       {std::tuple{5, 1, 0}, {8, 2, 1}, {10, 2, 1}, {15, 4, 3}, {20, 6, 4}, {25, 8, 6}}) {
    std::vector<double> values(static_cast<std::size_t>(n));
    std::iota(values.begin(), values.end(), 1.0);
    EXPECT_EQ(median_with_sign_interval(values, 0.05).low, at_5) << n;
    EXPECT_EQ(median_with_sign_interval(values, 0.05).high, n + 1 - at_5) << n;
    if (at_half > 0) {
      EXPECT_EQ(median_with_sign_interval(values, 0.005).low, at_half) << n;
    }
  }
}

TEST(SignInterval, SaysWhatItReaches) {
  const Location location =
      median_with_sign_interval(std::vector<double>{4, 1, 3, 2, 6, 5, 8, 7, 10, 9}, 0.05);
  EXPECT_EQ(location.estimate, 5.5);
  EXPECT_EQ(location.low, 2);
  EXPECT_EQ(location.high, 9);
  EXPECT_EQ(location.alpha_each_side, 0.05);
  EXPECT_NEAR(location.reached_alpha, 11.0 / 1024, 1e-12);
}

TEST(SignInterval, IsFoundAlsoWhereItReachesTheLevelExactly) {
  for (int n = 2; n <= 60; ++n) {
    const std::vector<double> values(static_cast<std::size_t>(n), 1.0);
    const double exactly = std::ldexp(1.0, -n);
    const Location location = median_with_sign_interval(values, exactly);
    EXPECT_EQ(location.low, 1) << n;
    EXPECT_NEAR(location.reached_alpha / exactly, 1, 1e-12);
    EXPECT_LE(location.reached_alpha, exactly);
    EXPECT_TRUE(std::isinf(median_with_sign_interval(values, exactly * 0.999).low)) << n;
  }
}

TEST(SignInterval, IsInfiniteWithTooFewDifferences) {
  const Location location = median_with_sign_interval(std::vector<double>{1, 2, 3, 4}, 0.05);
  EXPECT_EQ(location.estimate, 2.5);
  EXPECT_TRUE(std::isinf(location.low) && location.low < 0);
  EXPECT_TRUE(std::isinf(location.high) && location.high > 0);
  EXPECT_EQ(location.reached_alpha, 0);
  EXPECT_TRUE(std::isinf(median_with_sign_interval({}, 0.05).high));
}

TEST(SignInterval, FlagsDifferencesThatAreAllEqualAndNotZero) {
  EXPECT_TRUE(median_with_sign_interval(std::vector<double>(9, -0.5), 0.025).degenerate);
  EXPECT_FALSE(median_with_sign_interval(std::vector<double>(9, 0), 0.025).degenerate);
}

TEST(Binomial, HasTheTailsOfTenTosses) {
  EXPECT_NEAR(binomial_at_most(1, 10, 0.5), 11.0 / 1024, 1e-15);
  EXPECT_EQ(binomial_at_most(10, 10, 0.5), 1);
  EXPECT_EQ(smallest_reaching(0.5, 10, 0.5), 5U);
  EXPECT_EQ(lower_limit_rank(0.05, 10, 0.5), 2U);
  EXPECT_EQ(lower_limit_rank(0.0009, 10, 0.5), 0U);
}

}  // namespace
}  // namespace asyncbench::analyze
