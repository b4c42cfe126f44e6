// The error rates of decisions, which docs/method.md promises, found by running the rule many times
// on invented blocks. bench/decision_simulation prints the whole table.
#include "bench/decision_simulation.hpp"

#include <gtest/gtest.h>

#include "tests/sanitized.hpp"

namespace asyncbench::analyze {
namespace {

constexpr int kRepetitions = test::kSanitized ? 200 : 2'000;

// Four standard errors of a simulated share.
double tolerance(double share) { return 4 * std::sqrt(share * (1 - share) / kRepetitions); }

constexpr double kDeviations[] = {0.01, 0.015, 0.03, 0.1};
constexpr double kAllowed = 0.05;

TEST(DecisionSimulation, CallsWhatIsTheSameDifferentNoMoreOftenThanAlpha) {
  for (const double deviation : kDeviations) {
    const DecisionRates same = DecisionSimulation(kRepetitions).rates_of(0, deviation);
    EXPECT_LE(same.different, kAllowed + tolerance(kAllowed)) << deviation;
  }
}

TEST(DecisionSimulation, CallsADifferenceOfTheMarginAlikeNoMoreOftenThanAlpha) {
  for (const double deviation : kDeviations) {
    const DecisionRates rates = DecisionSimulation(kRepetitions).rates_of(0.03, deviation);
    EXPECT_LE(rates.alike, kAllowed + tolerance(kAllowed)) << deviation;
  }
}

TEST(DecisionSimulation, HoldsForHeavyTailsModesAndSkew) {
  for (const Noise noise : kNoises) {
    // Six blocks of one side have a chance of 0.7^6: no test of so few can know better, and their
    // median does differ from 0.
    if (noise == Noise::uneven_modes) continue;
    DecisionSimulation simulation(kRepetitions);
    EXPECT_LE(simulation.rates_of(0, 0.015, noise).different, kAllowed + tolerance(kAllowed))
        << name_of(noise);
    EXPECT_LE(simulation.rates_of(0.03, 0.015, noise).alike, kAllowed + tolerance(kAllowed))
        << name_of(noise);
  }
}

TEST(DecisionSimulation, DecidesInTheDocumentedNumberOfBlocks) {
  struct Documented {
    double deviation;
    double effect;
    double different;
    double mean_blocks;
  };
  for (const Documented& row : {Documented{0.01, 0, 0.004, 6.2},
                                {0.01, 0.02, 0.93, 7.5},
                                {0.01, 0.05, 1, 6.0},
                                {0.015, 0, 0.005, 7.9},
                                {0.015, 0.03, 0.997, 7.9},
                                {0.03, 0, 0.025, 16.8},
                                {0.03, 0.05, 0.999, 9.3}}) {
    const DecisionRates rates =
        DecisionSimulation(kRepetitions).rates_of(row.effect, row.deviation);
    EXPECT_NEAR(rates.different, row.different, tolerance(row.different) + 0.005)
        << row.deviation << " " << row.effect;
    EXPECT_NEAR(rates.mean_blocks, row.mean_blocks, 0.1 * row.mean_blocks)
        << row.deviation << " " << row.effect;
    EXPECT_LE(rates.undecided, 0.03);
    EXPECT_EQ(rates.wrong_way, 0);
  }
}

}  // namespace
}  // namespace asyncbench::analyze
