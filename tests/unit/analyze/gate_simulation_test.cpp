// The error rates of the gate's rule, which its design rests on, found by running it many times on
// invented trials. The figures are those of docs/method.md where it says what a gate can be
// expected to find.
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "analyze/gate_rule.hpp"
#include "tests/sanitized.hpp"

namespace asyncbench::analyze {
namespace {

// Cells that are judged for each figure, be they of gates with one cell or with several.
constexpr int kRepetitions = test::kSanitized ? 500 : 20'000;
constexpr double kMargin = 0.05;
// Standard deviation of the logarithm of a trial's figure, for base and candidate each.
constexpr double kTrialDeviation = 0.05;

struct PlannedLook {
  std::size_t pairs;  // taken by then, in all
  double alpha;
};

const std::vector<PlannedLook> kOneLookAtTen = {{10, 0.05}};
const std::vector<PlannedLook> kOneLookAtTwenty = {{20, 0.05}};
const std::vector<PlannedLook> kTwoLooks = {{10, 0.025}, {20, 0.025}};

struct Rates {
  double pass = 0;
  double regression = 0;
  double mean_pairs = 0;
};

class Simulation {
 public:
  // Gates of `cells` cells, each slower by the share `slowdown`, that end with the first look that
  // is not inconclusive.
  Rates rates_of(const std::vector<PlannedLook>& looks, double slowdown, std::size_t cells = 1) {
    Rates rates;
    const int gates = kRepetitions / static_cast<int>(cells);
    for (int i = 0; i < gates; ++i) {
      std::vector<Hypothesis> hypotheses(cells, {.margin = kMargin});
      Verdict verdict = Verdict::inconclusive;
      for (const PlannedLook& look : looks) {
        for (Hypothesis& hypothesis : hypotheses) extend(hypothesis, look.pairs, slowdown);
        verdict = worst(judge(hypotheses, look.alpha), hypotheses);
        if (verdict != Verdict::inconclusive) break;
      }
      rates.pass += verdict == Verdict::pass;
      rates.regression += verdict == Verdict::regression;
      rates.mean_pairs += static_cast<double>(hypotheses.front().log_ratios.size());
    }
    rates.pass /= gates;
    rates.regression /= gates;
    rates.mean_pairs /= gates;
    return rates;
  }

 private:
  void extend(Hypothesis& hypothesis, std::size_t pairs, double slowdown) {
    while (hypothesis.log_ratios.size() < pairs) {
      const double base = trial_(random_);
      const double candidate = std::log1p(slowdown) + trial_(random_);
      hypothesis.log_ratios.push_back(candidate - base);
    }
  }

  std::mt19937_64 random_{20};
  std::normal_distribution<double> trial_{0, kTrialDeviation};
};

// Four standard errors of a simulated share, and half a unit of the last documented digit.
double tolerance(double share, double last_digit) {
  return 4 * std::sqrt(share * (1 - share) / kRepetitions) + last_digit / 2;
}

void expect_share(double simulated, double documented, double last_digit) {
  EXPECT_NEAR(simulated, documented, tolerance(documented, last_digit));
}

TEST(GateSimulation, OneLookAtTenPairsHasTheDocumentedRates) {
  Simulation simulation;
  const Rates same = simulation.rates_of(kOneLookAtTen, 0);
  expect_share(same.regression, 0.013, 0.001);
  expect_share(same.pass, 0.59, 0.01);
  expect_share(simulation.rates_of(kOneLookAtTen, 0.1).regression, 0.97, 0.01);
}

TEST(GateSimulation, OneLookAtTwentyPairsHasTheDocumentedRates) {
  Simulation simulation;
  const Rates same = simulation.rates_of(kOneLookAtTwenty, 0);
  expect_share(same.regression, 0.001, 0.001);
  expect_share(same.pass, 0.89, 0.01);
  // The documented 1.00 stands for 0.998.
  expect_share(simulation.rates_of(kOneLookAtTwenty, 0.1).regression, 0.998, 0.001);
}

TEST(GateSimulation, TwoLooksHaveTheDocumentedRates) {
  Simulation simulation;
  expect_share(simulation.rates_of(kTwoLooks, 0).regression, 0.011, 0.001);
  const Rates slower = simulation.rates_of(kTwoLooks, 0.1);
  expect_share(slower.regression, 0.998, 0.001);
  // Ten pairs more in 5 % of the gates.
  EXPECT_NEAR(slower.mean_pairs, 10.5, 10 * tolerance(0.05, 0.005));
}

// What most gates will see. It takes more pairs than a large slowdown does, for a pass has to
// exclude the margin.
TEST(GateSimulation, TwoLooksPassMostCandidatesThatAreNotSlower) {
  const Rates same = Simulation().rates_of(kTwoLooks, 0);
  expect_share(same.pass, 0.83, 0.01);
  EXPECT_NEAR(same.mean_pairs, 15.1, 10 * tolerance(0.51, 0.01));
}

TEST(GateSimulation, PassesASlowdownOfTheMarginNoMoreOftenThanItsAlpha) {
  Simulation simulation;
  const double allowed = 0.05 + tolerance(0.05, 0);
  EXPECT_LE(simulation.rates_of(kOneLookAtTen, kMargin).pass, allowed);
  EXPECT_LE(simulation.rates_of(kTwoLooks, kMargin).pass, allowed);
}

TEST(GateSimulation, ManyCellsRaiseNoMoreFalseAlarmsThanOneMay) {
  constexpr std::size_t kCells = 6;
  const Rates same = Simulation().rates_of(kTwoLooks, 0, kCells);
  EXPECT_LE(same.regression, 0.05 + std::sqrt(kCells) * tolerance(0.05, 0));
}

}  // namespace
}  // namespace asyncbench::analyze
