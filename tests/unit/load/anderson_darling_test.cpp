#include "load/anderson_darling.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace asyncbench::load {
namespace {

TEST(AndersonDarling, MatchesTheFormulaByHand) {
  // One gap at the median, F = 1/2: A^2 = -1 - 2 ln(1/2) = 2 ln 2 - 1.
  const std::vector<double> gap = {std::log(2.0)};
  EXPECT_NEAR(anderson_darling_exponential(gap, 1), 2 * std::log(2.0) - 1, 1e-12);
}

TEST(AndersonDarling, AcceptsExponentialGapsAndRejectsOthers) {
  std::mt19937_64 random(7);
  std::exponential_distribution<double> exponential(1000);
  std::vector<double> gaps(1000);
  int rejected = 0;
  for (int i = 0; i < 200; ++i) {
    for (double& gap : gaps) gap = exponential(random);
    rejected += anderson_darling_exponential(gaps, 1000) > kAndersonDarlingOnePercent;
  }
  EXPECT_LE(rejected, 8);  // 2 expected; more than 8 has a probability of 2e-4
  EXPECT_GT(anderson_darling_exponential(gaps, 1200), kAndersonDarlingOnePercent);
  EXPECT_GT(anderson_darling_exponential(std::vector<double>(1000, 0.001), 1000),
            kAndersonDarlingOnePercent);
}

}  // namespace
}  // namespace asyncbench::load
