#include "analyze/calibration.hpp"

#include <gmock/gmock.h>

namespace asyncbench::analyze {
namespace {

GateReport gate(Verdict verdict, std::vector<double> log_ratios) {
  GateReport report{.verdict = verdict};
  report.rows.push_back({.cell = "fetch", .hypothesis = {.log_ratios = std::move(log_ratios)}});
  report.rows.push_back({.cell = "fetch",
                         .figure = kServiceP99,
                         .hypothesis = {.log_ratios = {9, 9, 9}, .advisory = true}});
  return report;
}

TEST(Calibration, CountsFalseAlarmsWithTheirBound) {
  Calibrator calibrator;
  EXPECT_EQ(calibrator.calibration().false_alarm_bound(), 1);
  for (int i = 0; i < 59; ++i) calibrator.add(gate(Verdict::pass, {0.01, -0.01}));
  EXPECT_EQ(calibrator.calibration().gates, 59U);
  // 1 - 0.05^(1/59), the rule of three made exact.
  EXPECT_NEAR(calibrator.calibration().false_alarm_bound(), 0.0495, 0.0001);
  calibrator.add(gate(Verdict::regression, {0.2}));
  EXPECT_EQ(calibrator.calibration().false_alarms, 1U);
  EXPECT_GT(calibrator.calibration().false_alarm_bound(), 0.05);
}

TEST(Calibration, TakesTheSpreadOfAllPairsOfTheFiguresThatDecide) {
  Calibrator calibrator;
  calibrator.add(gate(Verdict::pass, {-0.02, 0.0, 0.02}));
  calibrator.add(gate(Verdict::pass, {-0.02, 0.02}));
  const Calibration calibration = calibrator.calibration();
  ASSERT_EQ(calibration.spreads.size(), 1U);
  EXPECT_EQ(calibration.spreads[0].pairs, 5U);
  EXPECT_NEAR(calibration.spreads[0].deviation, 0.02 * 1.4826, 1e-9);
}

TEST(Calibration, AsksForMorePairsWhereTheMachineIsNoisier) {
  const auto pairs_at = [](double noise) {
    Calibrator calibrator;
    calibrator.add(gate(Verdict::pass, {-noise, noise, -noise, noise, 0}));
    return calibrator.calibration().pairs_needed({}, 500);
  };
  EXPECT_LT(pairs_at(0.01), pairs_at(0.1));
  EXPECT_LT(pairs_at(0.1), pairs_at(0.3));
  EXPECT_EQ(pairs_at(10), 500U) << "bounded";
  EXPECT_EQ(Calibration{}.pairs_needed({}, 500), 0U);
}

}  // namespace
}  // namespace asyncbench::analyze
