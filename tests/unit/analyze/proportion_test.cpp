#include "analyze/binomial.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace asyncbench::analyze {
namespace {

TEST(ProportionUpperBound, OfNoHitsIsWhereNoneBecomesImprobable) {
  EXPECT_NEAR(proportion_upper_bound(0, 59, 0.95), 0.0495, 5e-5);
  for (const std::uint64_t of : {1U, 10U, 59U, 1000U}) {
    EXPECT_NEAR(proportion_upper_bound(0, of, 0.95),
                1 - std::pow(0.05, 1 / static_cast<double>(of)), 1e-12);
  }
}

// As published: 5 of 50 has the two-sided 95 % interval 3.33 % to 21.81 %, and 1 of 10 that of
// 0.25 % to 44.50 % (Clopper and Pearson's chart; R's binom.test()).
TEST(ProportionUpperBound, IsThatOfClopperAndPearson) {
  EXPECT_NEAR(proportion_upper_bound(5, 50, 0.975), 0.2181, 5e-5);
  EXPECT_NEAR(proportion_upper_bound(1, 10, 0.975), 0.4450, 5e-5);
}

TEST(ProportionUpperBound, IsOneWhenEveryTrialHitOrNoneWasMade) {
  EXPECT_EQ(proportion_upper_bound(7, 7, 0.95), 1);
  EXPECT_EQ(proportion_upper_bound(0, 0, 0.95), 1);
}

}  // namespace
}  // namespace asyncbench::analyze
