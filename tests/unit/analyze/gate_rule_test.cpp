#include "analyze/gate_rule.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "analyze/power.hpp"

namespace asyncbench::analyze {
namespace {

// Ten log ratios of the given spread, without ties or zeros, about `middle`.
std::vector<double> about(double middle, double spread = 0.01) {
  std::vector<double> log_ratios;
  for (int i = 0; i < 10; ++i) {
    log_ratios.push_back(middle + spread * ((i - 4.5) / 4.5 + 0.01 * (i % 3)));
  }
  return log_ratios;
}

Finding judged(std::vector<double> log_ratios, double alpha = 0.05, double margin = 0.1) {
  const std::vector<Hypothesis> one = {{.log_ratios = std::move(log_ratios), .margin = margin}};
  return judge(one, alpha).front();
}

void expect(const Finding& finding, Verdict verdict, Doubt doubt = Doubt::none) {
  EXPECT_EQ(finding.verdict, verdict);
  EXPECT_EQ(finding.doubt, doubt);
}

TEST(Judge, PassesWhatExcludesTheSlowdown) {
  expect(judged(about(0)), Verdict::pass);
  expect(judged(about(-0.3)), Verdict::pass);
  // Worse beyond doubt, and less than the margin beyond doubt.
  const Finding small = judged(about(0.05));
  expect(small, Verdict::pass);
  EXPECT_LE(small.adjusted_p, 0.05);
}

TEST(Judge, FindsARegressionOfTheMargin) {
  const Finding finding = judged(about(0.15));
  expect(finding, Verdict::regression);
  EXPECT_EQ(finding.test.p_greater, 1.0 / 1024);
  EXPECT_EQ(finding.adjusted_p, 1.0 / 1024);
  EXPECT_NEAR(finding.location.estimate, 0.15, 0.001);
  EXPECT_EQ(finding.location.alpha_each_side, 0.05);
}

TEST(Judge, MeasuresTheMarginAsAShareNotALogarithm) {
  // ln(1.2) = 0.182: a log ratio of 0.19 is a slowdown of 21 %, one of 0.178 less than 20 %.
  expect(judged(about(0.190, 0.001), 0.05, 0.2), Verdict::regression);
  expect(judged(about(0.178, 0.001), 0.05, 0.2), Verdict::pass);
}

TEST(Judge, LeavesOpenWhatNoiseHides) {
  const Finding noisy = judged(about(0, 0.5));
  expect(noisy, Verdict::inconclusive, Doubt::noise);
  EXPECT_GT(noisy.smallest_detectable_effect, 0.1);
  EXPECT_EQ(noisy.smallest_detectable_effect, smallest_detectable_effect(about(0, 0.5), 0.05, 1));
}

TEST(Judge, LeavesOpenWhatLiesAtTheMargin) {
  // The estimate is just below, the upper end of the interval above.
  const Finding finding = judged(about(std::log(1.1) - 0.002));
  expect(finding, Verdict::inconclusive, Doubt::borderline);
  EXPECT_LT(finding.smallest_detectable_effect, 0.1);
}

TEST(Judge, DoubtsTheResolutionAboveTwentyPercentOfZeros) {
  std::vector<double> log_ratios = about(0.001);
  log_ratios[2] = log_ratios[7] = 0;
  expect(judged(log_ratios), Verdict::pass);
  log_ratios[5] = 0;
  expect(judged(log_ratios), Verdict::inconclusive, Doubt::clock_resolution);

  // Also where it would have been a regression.
  std::vector<double> slower = about(0.3);
  slower[0] = slower[1] = 0;
  expect(judged(slower), Verdict::regression);
  slower[2] = 0;
  expect(judged(slower), Verdict::inconclusive, Doubt::clock_resolution);
}

TEST(Judge, PassesAFigureThatIsTheSameInEveryPair) {
  const Finding finding = judged(std::vector<double>(10, 0), 0.05, 0.01);
  expect(finding, Verdict::pass);
  EXPECT_EQ(finding.location.high, 0);
  EXPECT_EQ(finding.test.p_greater, 1);
}

TEST(Judge, TakesADifferenceThatIsTheSameInEveryPairForWhatItIs) {
  const Finding more = judged(std::vector<double>(10, 0.05), 0.05, 0.01);
  expect(more, Verdict::regression);
  EXPECT_TRUE(more.location.degenerate);
  EXPECT_EQ(more.test.p_greater, 1.0 / 1024);
  const Finding less = judged(std::vector<double>(10, -0.05), 0.05, 0.01);
  expect(less, Verdict::pass);
  EXPECT_TRUE(less.location.degenerate);
  // Half a percent in every pair is excluded from being one percent.
  expect(judged(std::vector<double>(10, 0.005), 0.05, 0.01), Verdict::pass);
}

TEST(Judge, SaysNothingFromTooFewPairs) {
  expect(judged({}), Verdict::inconclusive, Doubt::too_few);
  expect(judged({0.5, 0.5, 0.5, 0.5}), Verdict::inconclusive, Doubt::too_few);
  expect(judged(std::vector<double>(4, 0)), Verdict::inconclusive, Doubt::too_few);
  expect(judged({-0.5, -0.4, -0.6, -0.7}), Verdict::inconclusive, Doubt::too_few);
  expect(judged({0.5, 0.4, 0.6, 0.7, 0.3}), Verdict::regression);
}

TEST(Judge, SaysTooFewWhenZerosLeaveTooFew) {
  // Six pairs could reject at 0.025; the five that are left cannot.
  expect(judged({0.5, 0.4, 0.6, 0.7, 0.3, 0}, 0.025), Verdict::inconclusive, Doubt::too_few);
}

TEST(Judge, AdjustsForTheHypothesesThatDecide) {
  // Nine of ten are worse: p = P(W+ >= 54) = 2 / 1024.
  std::vector<double> slower = about(0.2);
  slower[0] = -0.001;
  std::vector<Hypothesis> hypotheses(20, {.log_ratios = about(0)});
  hypotheses[3].log_ratios = slower;
  EXPECT_NEAR(judge(hypotheses, 0.05)[3].adjusted_p, 20 * 2.0 / 1024, 1e-12);
  expect(judge(hypotheses, 0.05)[3], Verdict::regression);

  hypotheses.resize(40, {.log_ratios = about(0)});
  EXPECT_NEAR(judge(hypotheses, 0.05)[3].adjusted_p, 40 * 2.0 / 1024, 1e-12);
  EXPECT_EQ(judge(hypotheses, 0.05)[3].verdict, Verdict::inconclusive);

  for (std::size_t i = 20; i < 40; ++i) hypotheses[i].advisory = true;
  expect(judge(hypotheses, 0.05)[3], Verdict::regression);
  EXPECT_NEAR(judge(hypotheses, 0.05)[3].adjusted_p, 20 * 2.0 / 1024, 1e-12);
}

TEST(Judge, ShowsAdvisoryHypothesesByThemselves) {
  std::vector<Hypothesis> hypotheses(50, {.log_ratios = about(0.2)});
  hypotheses[7].advisory = true;
  const std::vector<Finding> findings = judge(hypotheses, 0.05);
  ASSERT_EQ(findings.size(), 50U);
  EXPECT_EQ(findings[7].adjusted_p, findings[7].test.p_greater);
  expect(findings[7], Verdict::regression);
  EXPECT_EQ(findings[7].smallest_detectable_effect,
            smallest_detectable_effect(about(0.2), 0.05, 1));
  EXPECT_EQ(findings[8].smallest_detectable_effect,
            smallest_detectable_effect(about(0.2), 0.05, 49));
}

TEST(Judge, NeedsMorePairsForMoreHypotheses) {
  // log2(51 / 0.05) = 9.99, log2(52 / 0.05) = 10.02: ten pairs do for 51, and not for 52.
  std::vector<Hypothesis> hypotheses(51, {.log_ratios = about(0)});
  EXPECT_EQ(judge(hypotheses, 0.05)[0].verdict, Verdict::pass);
  hypotheses.push_back(hypotheses.front());
  expect(judge(hypotheses, 0.05)[0], Verdict::inconclusive, Doubt::too_few);
}

TEST(Worst, IsTheWorstOfThoseThatDecide) {
  const auto of = [](std::vector<Verdict> verdicts) {
    std::vector<Finding> findings;
    for (const Verdict verdict : verdicts) findings.push_back({.verdict = verdict});
    return worst(findings, std::vector<Hypothesis>(findings.size()));
  };
  using enum Verdict;
  EXPECT_EQ(of({pass, pass}), pass);
  EXPECT_EQ(of({pass, inconclusive, pass}), inconclusive);
  EXPECT_EQ(of({inconclusive, regression, pass}), regression);
  EXPECT_EQ(of({regression, invalid, inconclusive}), invalid);
}

TEST(Worst, LeavesAdvisoryHypothesesOut) {
  const std::vector<Finding> findings = {{.verdict = Verdict::pass},
                                         {.verdict = Verdict::regression}};
  std::vector<Hypothesis> hypotheses(2);
  hypotheses[1].advisory = true;
  EXPECT_EQ(worst(findings, hypotheses), Verdict::pass);
  hypotheses[0].advisory = true;
  EXPECT_EQ(worst(findings, hypotheses), Verdict::inconclusive);
  EXPECT_EQ(worst({}, {}), Verdict::inconclusive);
}

}  // namespace
}  // namespace asyncbench::analyze
