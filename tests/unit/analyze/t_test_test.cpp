#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "analyze/paired.hpp"
#include "analyze/statistics.hpp"

namespace asyncbench::analyze {
namespace {

// Student's own data (Biometrika 6, 1908), the example of R's t.test: t = 4.0621, df = 9,
// p = 0.002833, 95 % interval 0.7001142 to 2.4598858, mean 1.58, deviation 1.229995.
const std::vector<double> kSleep = {1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4};

TEST(TTest, GivesThePublishedValues) {
  EXPECT_NEAR(t_test_p(kSleep), 0.002833, 0.0000005);
  const Location location = mean_with_t_interval(kSleep, 0.025);
  EXPECT_NEAR(location.estimate, 1.58, 1e-12);
  EXPECT_NEAR(location.low, 0.7001142, 0.00000005);
  EXPECT_NEAR(location.high, 2.4598858, 0.00000005);
  EXPECT_NEAR(standard_deviation(kSleep), 1.229995, 0.0000005);
}

TEST(TTest, SaysNothingFromOneDifferenceOrNone) {
  EXPECT_EQ(t_test_p(std::vector<double>{}), 1);
  EXPECT_EQ(t_test_p(std::vector<double>{3}), 1);
  const Location location = mean_with_t_interval(std::vector<double>{3}, 0.025);
  EXPECT_EQ(location.estimate, 3);
  EXPECT_TRUE(std::isinf(location.low) && std::isinf(location.high));
}

TEST(TTest, FlagsEqualDifferences) {
  const std::vector<double> equal(6, 0.5);
  EXPECT_EQ(t_test_p(equal), 0);
  EXPECT_TRUE(mean_with_t_interval(equal, 0.025).degenerate);
  EXPECT_EQ(t_test_p(std::vector<double>(6, 0.0)), 1);
}

}  // namespace
}  // namespace asyncbench::analyze
