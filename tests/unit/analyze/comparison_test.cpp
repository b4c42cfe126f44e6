#include "analyze/comparison.hpp"

#include <gmock/gmock.h>

#include <cmath>

#include "analyze/summary.hpp"
#include "cells.hpp"

namespace asyncbench::analyze {
namespace {

using result::Cell;
using result::Result;
using testing::Contains;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;

// As many blocks, each figure `speed` times the usual one with noise of its own.
Cell strategy(const std::string& name, double speed, int blocks, std::int64_t seed = 0) {
  Cell cell = cell_named(name);
  for (int block = 0; block < blocks; ++block) {
    const double faster = speed * noise(block + seed);
    cell.trials.push_back(trial_of({.throughput_per_s = std::round(100'000 * faster),
                                    .latency_ns = static_cast<std::int64_t>(100'000 / faster),
                                    .cpu_ns = static_cast<std::int64_t>(5'000 / faster)},
                                   block));
  }
  return cell;
}

Result result_of(std::vector<Cell> cells) {
  Result result;
  result.plan.peer_strategy = "uring";
  result.plan.options = {{"urls", std::string()}};
  result.cells = std::move(cells);
  summarize(result);
  return result;
}

const Contrast& contrast_of(const Comparison& comparison, const std::string& strategy,
                            FigureName figure = kThroughput) {
  for (const Standing& standing : comparison.groups.at(0).standings) {
    if (standing.cell->strategy != strategy) continue;
    for (const Contrast& contrast : standing.contrasts) {
      if (contrast.figure == figure) return contrast;
    }
  }
  throw std::runtime_error("no such contrast");
}

TEST(Comparison, IsClearAboutADifferenceBeyondTheNoise) {
  const Result result = result_of({strategy("slow", 0.8, 8, 3), strategy("fast", 1, 8)});
  const Comparison comparison = compare_strategies(result);
  const Standing& best = comparison.groups.at(0).standings.at(0);
  EXPECT_EQ(best.cell->strategy, "fast");
  EXPECT_THAT(best.contrasts, IsEmpty());
  const Contrast& contrast = contrast_of(comparison, "slow");
  EXPECT_EQ(contrast.sureness, Sureness::clear);
  EXPECT_NEAR(contrast.ratio.estimate, 1.25, 0.03) << "above 1 is worse";
  EXPECT_LE(contrast.ratio.low, contrast.ratio.estimate);
  EXPECT_GE(contrast.ratio.high, contrast.ratio.estimate);
  EXPECT_EQ(contrast_of(comparison, "slow", kCpu).sureness, Sureness::clear);
}

TEST(Comparison, ShowsNoDifferenceBetweenAStrategyAndItself) {
  const Result result = result_of({strategy("a", 1, 20, 1), strategy("b", 1, 20, 4)});
  for (const char* name : {"a", "b"}) {
    const Comparison comparison = compare_strategies(result, name);
    const Contrast& contrast = contrast_of(comparison, name == std::string("a") ? "b" : "a");
    EXPECT_EQ(contrast.sureness, Sureness::no_difference) << contrast.why;
  }
}

TEST(Comparison, SaysHowManyTrialsAreNeededWhereThereAreTooFew) {
  const Result result = result_of({strategy("slow", 0.5, 5), strategy("fast", 1, 5)});
  const Comparison comparison = compare_strategies(result);
  const Contrast& contrast = contrast_of(comparison, "slow");
  EXPECT_EQ(contrast.sureness, Sureness::inconclusive);
  EXPECT_THAT(contrast.why, HasSubstr("5 of the 6 pairs"));
}

TEST(Comparison, IsInvalidWithoutValidTrials) {
  Cell broken = strategy("broken", 1, 6);
  for (result::Trial& trial : broken.trials) trial.valid = false;
  const Result result = result_of({broken, strategy("fast", 1, 6)});
  EXPECT_EQ(contrast_of(compare_strategies(result), "broken").sureness, Sureness::invalid);
}

TEST(Comparison, PairsTrialsOfOneBlockAndLeavesOutBlocksThatOneLacks) {
  Cell gaps = strategy("gaps", 0.8, 9);
  gaps.trials.erase(gaps.trials.begin() + 2);
  gaps.trials[4].valid = false;
  const Result result = result_of({gaps, strategy("fast", 1, 9)});
  EXPECT_EQ(contrast_of(compare_strategies(result), "gaps").pairs, 7U);
}

// Six pairs that all agree have p = 1/32: enough as one question, not as one of many.
TEST(Comparison, CountsItsQuestions) {
  std::vector<Cell> cells = {strategy("best", 1.01, 6, 2), strategy("slow", 0.8, 6)};
  EXPECT_EQ(contrast_of(compare_strategies(result_of(cells)), "slow").sureness, Sureness::clear);
  for (int i = 0; i < 8; ++i) {
    cells.push_back(strategy("same_" + std::to_string(i), 1, 6, i + 3));
  }
  const Result many = result_of(cells);
  EXPECT_EQ(contrast_of(compare_strategies(many), "slow").sureness, Sureness::likely);
}

TEST(Comparison, RanksByTotalCpuWherePeersDiffer) {
  Cell shifty = cell_named("shifty");
  Cell honest = cell_named("honest");
  for (int block = 0; block < 6; ++block) {
    shifty.trials.push_back(trial_of({.cpu_ns = 4'000, .peer_ns = 9'000}, block));
    honest.trials.push_back(trial_of({.cpu_ns = 5'000, .peer_ns = 5'000}, block));
  }
  const Result result = result_of({shifty, honest});
  const Comparison comparison = compare_strategies(result);
  EXPECT_THAT(comparison.groups.at(0).figures, Contains(kTotalCpu));
  EXPECT_THAT(comparison.groups.at(0).figures, testing::Not(Contains(kCpu)));
}

TEST(Comparison, OfTwoResultsIsNeverMoreThanLikely) {
  const Result before = result_of({strategy("uring", 1, 10)});
  const Result after = result_of({strategy("uring", 0.5, 10, 5)});
  const Comparison comparison = compare_results(before, after);
  const Contrast& contrast = comparison.groups.at(0).standings.at(1).contrasts.at(0);
  EXPECT_EQ(contrast.sureness, Sureness::likely);
  EXPECT_NEAR(contrast.ratio.estimate, 2, 0.1);
  EXPECT_THAT(comparison.notes, Contains(Field(&result::Note::code, "measured_apart")));
}

TEST(Comparison, NamesCellsThatOnlyOneResultHas) {
  const Result before = result_of({strategy("uring", 1, 6), strategy("asio", 1, 6)});
  const Result after = result_of({strategy("uring", 1, 6), strategy("epoll", 1, 6)});
  const Comparison comparison = compare_results(before, after);
  EXPECT_EQ(comparison.groups.size(), 1U);
  EXPECT_THAT(comparison.missing, testing::UnorderedElementsAre(HasSubstr("strategy:epoll"),
                                                                HasSubstr("strategy:asio")));
}

TEST(Comparison, MarksAWinnerThatWasMeasuredUnderOnePeerAlone) {
  const Result one = result_of({strategy("a", 1, 6), strategy("b", 0.9, 6)});
  Comparison comparison = compare_strategies(one);
  note_peers(comparison, {&one});
  EXPECT_EQ(comparison.groups.at(0).notes.at(0).code, "one_peer");

  Result other = result_of({strategy("a", 0.9, 6), strategy("b", 1, 6)});
  other.plan.peer_strategy = "asio";
  comparison = compare_strategies(one);
  note_peers(comparison, {&one, &other});
  EXPECT_EQ(comparison.groups.at(0).notes.at(0).code, "peers_disagree");
}

TEST(Comparison, RefusesAnotherKernelOrWindow) {
  Result a;
  a.environment.facts = {{"kernel", std::string("6.1")}, {"cpu", std::string("x")}};
  Result b = a;
  EXPECT_THAT(incomparable(a, b), IsEmpty());
  b.environment.facts[0].second = std::string("6.18");
  b.plan.window_ns = 5;
  EXPECT_THAT(incomparable(a, b),
              testing::ElementsAre("kernel: 6.1 and 6.18", "window_ns: 0 and 5"));
}

TEST(Comparison, RefusesAnotherCpuAccountOfThreadsThatEnd) {
  Result a;
  a.cells = {{.id = "fetch", .trials = {{.lanes = {{.counters = {{"threads_created", 64}}}}}}}};
  a.cells[0].trials[0].subject.threads_peak = 64;
  Result b = a;
  b.cells[0].trials[0].subject.cpu_account = "cgroup";
  EXPECT_THAT(incomparable(a, b), IsEmpty());
  a.cells[0].trials[0].lanes[0].counters["threads_created"] = 60'000;
  EXPECT_THAT(incomparable(a, b), testing::ElementsAre("fetch: cpu_account: getrusage and cgroup"));
}

}  // namespace
}  // namespace asyncbench::analyze
