#include "analyze/decision.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

namespace asyncbench::analyze {
namespace {

// As many log ratios about `middle`, half of them `spread` above it and half below.
std::vector<double> blocks_about(double middle, double spread, std::size_t blocks) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < blocks; ++i) {
    // No two are equal in size.
    const double size = spread * (1 + 0.01 * static_cast<double>(i));
    ratios.push_back(middle + (i % 2 == 0 ? size : -size));
  }
  return ratios;
}

Decision decision_on(const std::vector<double>& log_ratios, const DecisionRule& rule = {}) {
  return decide(log_ratios, rule).decision;
}

TEST(Decision, TellsHowMuchItMatters) {
  EXPECT_EQ(decision_on(blocks_about(0.40, 0.01, 6)), Decision::worse);
  EXPECT_EQ(decision_on(blocks_about(-0.40, 0.01, 6)), Decision::better);
  EXPECT_EQ(decision_on(blocks_about(0.02, 0.005, 12)), Decision::slightly_worse);
  EXPECT_EQ(decision_on(blocks_about(-0.02, 0.005, 12)), Decision::slightly_better);
  EXPECT_EQ(decision_on(blocks_about(0.001, 0.01, 6)), Decision::alike);
  EXPECT_EQ(decision_on(blocks_about(0.02, 0.10, 12)), Decision::undecided);
  EXPECT_EQ(decision_on({}), Decision::invalid);
}

TEST(Decision, GoesByTheMargin) {
  const std::vector<double> blocks = blocks_about(0.04, 0.01, 12);
  EXPECT_EQ(decision_on(blocks, {.margin = 0.03}), Decision::worse);
  EXPECT_EQ(decision_on(blocks, {.margin = 0.05}), Decision::slightly_worse);
  const std::vector<double> same = blocks_about(0, 0.04, 8);
  EXPECT_EQ(decision_on(same, {.margin = 0.03}), Decision::undecided);
  EXPECT_EQ(decision_on(same, {.margin = 0.10}), Decision::alike);
}

TEST(Decision, NeedsSixBlocks) {
  const Judgement judgement = decide(blocks_about(0.40, 0.001, 5), {});
  EXPECT_EQ(judgement.decision, Decision::undecided);
  EXPECT_EQ(judgement.blocks_needed, 6U);
  EXPECT_NEAR(judgement.ratio.estimate, std::exp(0.40), 0.01);
  EXPECT_EQ(judgement.ratio.low, 0);
  EXPECT_EQ(judgement.ratio.high, std::numeric_limits<double>::infinity());
}

TEST(Decision, SaysAfterHowManyBlocksTheMarginWouldShow) {
  EXPECT_EQ(decide(blocks_about(0.025, 0.015, 6), {}).blocks_needed, 12U);
  // (t + 0.84) 0.087 / sqrt(n) <= 0.03 at the last look's level, 0.0175.
  const auto many = decide(blocks_about(0, 0.08, 12), {}).blocks_needed;
  ASSERT_TRUE(many);
  EXPECT_NEAR(static_cast<double>(*many), std::pow((2.38 + 0.84) * 0.088 / std::log(1.03), 2), 8);
  EXPECT_FALSE(decide(blocks_about(0, 2, 12), {}).blocks_needed);
  EXPECT_FALSE(decide(blocks_about(0.4, 0.01, 6), {}).blocks_needed) << "decided";
}

TEST(Decision, GivesANumberOfBlocksFixedInAdvanceTheWholeAlpha) {
  const std::vector<double> blocks = blocks_about(0.03, 0.022, 6);
  EXPECT_EQ(decision_on(blocks, {.until_decided = true}), Decision::undecided);
  EXPECT_EQ(decision_on(blocks, {.until_decided = false}), Decision::worse);
}

TEST(Decision, HasEqualBlocksDifferOrNot) {
  EXPECT_EQ(decision_on(std::vector<double>(6, 0.0)), Decision::alike);
  EXPECT_EQ(decision_on(std::vector<double>(6, 0.5)), Decision::worse);
  EXPECT_EQ(decision_on(std::vector<double>(12, 0.5)), Decision::worse);
}

TEST(DecisionLooks, SpendAlphaAndNoMore) {
  const DecisionRule rule;
  double spent = 0;
  std::size_t looks = 0;
  for (auto look = next_look(0); look; look = next_look(*look)) {
    spent += level_at(*look, rule);
    ++looks;
  }
  EXPECT_EQ(looks, kLooks.size());
  EXPECT_DOUBLE_EQ(spent, rule.alpha);
  EXPECT_NEAR(level_at(6, rule), 0.00406, 0.00001);
  EXPECT_NEAR(level_at(32, rule), 0.01752, 0.00001);
}

// Eleven valid blocks of twelve.
TEST(DecisionLooks, HaveALevelBetweenThem) {
  const DecisionRule rule;
  EXPECT_EQ(level_at(5, rule), 0);
  EXPECT_LT(level_at(11, rule), level_at(12, rule) + level_at(8, rule));
  EXPECT_GT(level_at(11, rule), level_at(8, rule));
  EXPECT_EQ(level_at(100, rule), level_at(32, rule));
  EXPECT_EQ(level_at(7, {.until_decided = false}), rule.alpha);
}

TEST(DecisionsTogether, TakeBackWhatDoesNotStandUpToTheirNumber) {
  const DecisionRule rule{.until_decided = false};
  std::vector<Judgement> judgements(9, decide(blocks_about(0, 0.10, 6), rule));
  judgements.push_back(decide(blocks_about(0.03, 0.022, 6), rule));
  judgements.push_back(decide({}, rule));
  ASSERT_EQ(judgements[9].decision, Decision::worse);
  std::vector<Judgement*> all;
  for (Judgement& judgement : judgements) all.push_back(&judgement);
  decide_together(all, rule);
  EXPECT_EQ(judgements[9].decision, Decision::undecided);
  EXPECT_NEAR(judgements[9].adjusted_p, 10 * judgements[9].p, 1e-9)
      << "the invalid one does not count";
  EXPECT_EQ(judgements[10].decision, Decision::invalid);

  all = {&judgements[9]};
  decide_together(all, rule);
  EXPECT_EQ(judgements[9].decision, Decision::worse);
}

}  // namespace
}  // namespace asyncbench::analyze
