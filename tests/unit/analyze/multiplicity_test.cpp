#include "analyze/multiplicity.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace asyncbench::analyze {
namespace {

void expect_near(const std::vector<double>& actual, const std::vector<double>& expected) {
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t i = 0; i < actual.size(); ++i) EXPECT_NEAR(actual[i], expected[i], 1e-12) << i;
}

// The worked example of the method in Wikipedia's article (four hypotheses at 0.05, of which the
// first and the last are rejected): 4 x 0.005, 3 x 0.01, 2 x 0.03, and 0.04 no less than that.
TEST(Holm, AdjustsThePublishedExample) {
  expect_near(holm(std::vector<double>{0.01, 0.04, 0.03, 0.005}), {0.03, 0.06, 0.06, 0.02});
}

// The 15 p values of Benjamini and Hochberg (1995), section 3.1 (thrombolysis): their procedure
// rejects the first four at 0.05, Holm's the first three.
const std::vector<double> kThrombolysis = {0.0001, 0.0004, 0.0019, 0.0095, 0.0201,
                                           0.0278, 0.0298, 0.0344, 0.0459, 0.3240,
                                           0.4262, 0.5719, 0.6528, 0.7590, 1.0000};

TEST(BenjaminiHochberg, AdjustsThePublishedExample) {
  const double from_seventh = 0.0298 * 15 / 7;  // less than 0.0278 x 15 / 6
  expect_near(benjamini_hochberg(kThrombolysis),
              {0.0015, 0.003, 0.0095, 0.035625, 0.0603, from_seventh, from_seventh, 0.0645, 0.0765,
               0.486, 0.4262 * 15 / 11, 0.714875, 0.6528 * 15 / 13, 0.759 * 15 / 14, 1});
}

TEST(Holm, RejectsThreeOfThePublishedExample) {
  const std::vector<double> adjusted = holm(kThrombolysis);
  EXPECT_NEAR(adjusted[2], 13 * 0.0019, 1e-12);
  EXPECT_NEAR(adjusted[3], 12 * 0.0095, 1e-12);
  EXPECT_EQ(adjusted[14], 1);
}

TEST(Adjustments, KeepTheOrderOfTheInput) {
  const std::vector<double> p = {0.2, 0.001, 0.9, 0.04, 0.04};
  expect_near(holm(p), {0.4, 0.005, 0.9, 0.16, 0.16});
  expect_near(benjamini_hochberg(p), {0.25, 0.005, 0.9, 0.2 / 3, 0.2 / 3});
}

TEST(Adjustments, LeaveASingleHypothesisAlone) {
  expect_near(holm(std::vector<double>{0.03}), {0.03});
  expect_near(benjamini_hochberg(std::vector<double>{0.03}), {0.03});
  EXPECT_TRUE(holm({}).empty());
  EXPECT_TRUE(benjamini_hochberg({}).empty());
}

TEST(FewestPairs, IsTheLogarithmRoundedUp) {
  EXPECT_EQ(fewest_pairs(1, 0.05), 5U);     // log2(20) = 4.3
  EXPECT_EQ(fewest_pairs(1, 0.025), 6U);    // log2(40) = 5.3
  EXPECT_EQ(fewest_pairs(6, 0.025), 8U);    // log2(240) = 7.9
  EXPECT_EQ(fewest_pairs(36, 0.025), 11U);  // log2(1440) = 10.5
  EXPECT_EQ(fewest_pairs(0, 0.05), 0U);
}

TEST(FewestPairs, ReachesPowersOfTwoExactly) {
  for (int n = 1; n < 60; ++n) {
    EXPECT_EQ(fewest_pairs(1, std::ldexp(1.0, -n)), static_cast<std::size_t>(n));
    EXPECT_EQ(fewest_pairs(4, std::ldexp(1.0, -n)), static_cast<std::size_t>(n + 2));
  }
}

}  // namespace
}  // namespace asyncbench::analyze
