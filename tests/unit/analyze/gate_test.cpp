#include "analyze/gate.hpp"

#include <gmock/gmock.h>

#include <cmath>

#include "analyze/summary.hpp"
#include "cells.hpp"

namespace asyncbench::analyze {
namespace {

using result::Cell;
using result::Result;
using result::Trial;
using result::TrialKind;
using testing::Contains;
using testing::HasSubstr;

// Trials of a build that takes `slowness` times as long, with noise of its own.
Cell build(std::string_view name, double slowness, int blocks, std::int64_t seed,
           double noise_share = 0.02) {
  Cell cell = under(name);
  for (int block = 0; block < blocks; ++block) {
    const double slower = slowness * noise(block + seed, noise_share);
    cell.trials.push_back(trial_of({.throughput_per_s = std::round(100'000 / slower),
                                    .latency_ns = static_cast<std::int64_t>(100'000 * slower),
                                    .cpu_ns = static_cast<std::int64_t>(5'000 * slower)},
                                   block));
  }
  return cell;
}

Result result_of(std::vector<Cell> cells) {
  Result result;
  result.cells = std::move(cells);
  summarize(result);
  return result;
}

Result gate_of(double slowness, int blocks = 10, double sentinel = 1) {
  return result_of({build(result::kBaseBuild, 1, blocks, 0),
                    build(result::kCandidateBuild, slowness, blocks, 3),
                    build(result::kSentinelBuild, sentinel, blocks, 7)});
}

void count(Cell& cell, std::int64_t syscalls_per_request) {
  for (int block = 0; block < 3; ++block) {
    Trial trial = trial_of({}, block);
    trial.kind = TrialKind::count;
    trial.subject.syscalls =
        syscalls_per_request * static_cast<std::int64_t>(trial.ended()) + block;
    cell.trials.push_back(trial);
  }
}

TEST(Gate, PassesABuildAgainstItself) {
  const GateReport report = judge_gate(gate_of(1), {});
  EXPECT_EQ(report.verdict, Verdict::pass) << testing::PrintToString(report.reasons);
  EXPECT_EQ(report.pairs, 10U);
  EXPECT_THAT(report.reasons, testing::IsEmpty());
  EXPECT_EQ(report.rows.size(), 4U);
  EXPECT_EQ(report.sentinel.size(), 4U);
}

TEST(Gate, FindsASlowdownBeyondTheMargin) {
  const GateReport report = judge_gate(gate_of(1.2), {});
  EXPECT_EQ(report.verdict, Verdict::regression);
  EXPECT_THAT(report.reasons, Contains(HasSubstr(" of the base: worse")));
}

TEST(Gate, PassesABuildThatIsFaster) {
  EXPECT_EQ(judge_gate(gate_of(0.7), {}).verdict, Verdict::pass);
}

TEST(Gate, IsInconclusiveWithFewerPairsThanCanReject) {
  const GateReport report = judge_gate(gate_of(1.5, 4), {});
  EXPECT_EQ(report.verdict, Verdict::inconclusive);
  EXPECT_THAT(report.reasons, Contains(HasSubstr("4 of the 7 pairs that it needs")));
}

TEST(Gate, IsInvalidWhereTheBaseDiffersFromItselfInEitherDirection) {
  for (const double sentinel : {1.3, 0.7}) {
    const GateReport report = judge_gate(gate_of(1, 10, sentinel), {});
    EXPECT_EQ(report.verdict, Verdict::invalid) << sentinel;
    EXPECT_THAT(report.reasons, Contains(HasSubstr("sentinel")));
  }
}

TEST(Gate, IsInvalidWhereTheSentinelWasNotMeasured) {
  Result without_trials = gate_of(1);
  without_trials.cells[2].trials.clear();
  Result without_cell = gate_of(1);
  without_cell.cells.pop_back();
  for (const Result& result : {without_trials, without_cell}) {
    const GateReport report = judge_gate(result, {});
    EXPECT_EQ(report.verdict, Verdict::invalid);
    EXPECT_THAT(report.reasons, testing::ElementsAre(HasSubstr("sentinel")));
    EXPECT_EQ(judge_gate(result, {.has_sentinel = false}).verdict, Verdict::pass);
  }
}

TEST(Gate, IsInconclusiveWhereTheSentinelHasTooFewTrialsToDiffer) {
  Result result = gate_of(1);
  result.cells[2].trials.resize(3);
  const GateReport report = judge_gate(result, {});
  EXPECT_EQ(report.verdict, Verdict::inconclusive);
  EXPECT_THAT(report.reasons, testing::ElementsAre(HasSubstr("the sentinel: 3 of the 7 pairs")));
}

TEST(Gate, NamesARegressionBeforeItsDoubts) {
  // Too noisy in the first cell, and slower in the second.
  Result result = gate_of(1);
  for (const std::string_view name : {result::kBaseBuild, result::kCandidateBuild}) {
    Cell slower = under(name, "epoll");
    const bool is_base = name == result::kBaseBuild;
    slower.trials = build(name, is_base ? 1 : 1.5, 10, is_base ? 0 : 3).trials;
    result.cells.push_back(slower);
    Cell noisy = under(name, "asio");
    noisy.trials = build(name, 1, 10, is_base ? 0 : 3, 0.5).trials;
    result.cells.insert(result.cells.begin(), noisy);
  }
  summarize(result);
  const GateReport report = judge_gate(result, {});
  EXPECT_EQ(report.verdict, Verdict::regression);
  ASSERT_GT(report.reasons.size(), 3U);
  EXPECT_THAT(report.reasons.front(), HasSubstr(": worse"));
  EXPECT_THAT(report.reasons.back(), testing::Not(HasSubstr(": worse")));
}

TEST(Gate, FindsOneMoreSystemCallWhateverTheTimesSay) {
  Result result = gate_of(1);
  count(result.cells[0], 2);
  count(result.cells[1], 3);
  const GateReport report = judge_gate(result, {});
  EXPECT_EQ(report.verdict, Verdict::regression);
  EXPECT_THAT(report.reasons, Contains(HasSubstr("syscalls per request rose from 2.00 to 3.00")));
}

TEST(Gate, DoesNotJudgeCountsThatDoNotRepeatThemselves) {
  Result result = gate_of(1);
  count(result.cells[0], 2);
  for (Trial& trial : result.cells[0].trials) {
    if (trial.kind == TrialKind::count) *trial.subject.syscalls += trial.block * 20'000;
  }
  count(result.cells[1], 3);
  const GateReport report = judge_gate(result, {});
  ASSERT_FALSE(report.counts.empty());
  EXPECT_EQ(report.counts[0].unjudged, Unjudged::varies);
  EXPECT_EQ(report.verdict, Verdict::pass);
}

TEST(Gate, DoesNotJudgeCountsOfManyRequestsInFlight) {
  for (const std::size_t build : {0U, 1U}) {
    Result result = gate_of(1);
    count(result.cells[0], 2);
    count(result.cells[1], 3);
    result.cells[build].trials.back().in_flight_max = 64;
    const GateReport report = judge_gate(result, {});
    EXPECT_EQ(report.counts[0].unjudged, Unjudged::many_in_flight);
    EXPECT_EQ(report.verdict, Verdict::pass);
  }
}

TEST(Gate, DoesNotJudgeACountOfOneTrial) {
  Result result = gate_of(1);
  count(result.cells[0], 2);
  count(result.cells[1], 3);
  result.cells[0].trials.resize(result.cells[0].trials.size() - 2);
  EXPECT_EQ(judge_gate(result, {}).counts[0].unjudged, Unjudged::one_trial);
}

// With a dozen requests, one that the window's edge cuts is a tenth of them.
TEST(Gate, DoesNotTakeTheEdgesOfShortWindowsForARise) {
  const auto counted = [](std::int64_t more) {
    Result result = gate_of(1);
    for (const std::size_t build : {0U, 1U}) {
      for (int block = 0; block < 3; ++block) {
        Trial trial = trial_of({.throughput_per_s = 12}, block);
        trial.kind = TrialKind::count;
        trial.subject.context_switches_voluntary = build == 0 ? 12 : 12 + more;
        result.cells[build].trials.push_back(trial);
      }
    }
    return judge_gate(result, {}).verdict;
  };
  EXPECT_EQ(counted(1), Verdict::pass);
  EXPECT_EQ(counted(12), Verdict::regression);
}

TEST(Gate, LeavesSwitchesThatOtherLoadMakesOutOfItsCounts) {
  Result result = gate_of(1);
  for (const std::size_t build : {0U, 1U}) {
    count(result.cells[build], 2);
    for (Trial& trial : result.cells[build].trials) {
      trial.subject.context_switches_voluntary = 100'000;
      trial.subject.context_switches_involuntary = build == 0 ? 0 : 100'000;
    }
  }
  EXPECT_EQ(judge_gate(result, {}).verdict, Verdict::pass);
}

TEST(Gate, TakesFailuresOfTheCandidateAloneForARegressionHoweverFast) {
  Result result = gate_of(0.5);
  for (int block = 0; block < 3; ++block) {
    Trial& trial = result.cells[1].trials[static_cast<std::size_t>(block)];
    trial.outcomes[static_cast<std::size_t>(Outcome::reset)] = trial.outcomes[0] / 100;
  }
  const GateReport report = judge_gate(result, {});
  EXPECT_EQ(report.verdict, Verdict::regression);
  EXPECT_THAT(report.reasons, Contains(HasSubstr("requests fail in 3 trials")));
}

TEST(Gate, TakesCrashesOfTheCandidateAloneForARegression) {
  Result result = gate_of(1, 20);
  for (int block = 0; block < 3; ++block) {
    Trial& trial = result.cells[1].trials[static_cast<std::size_t>(block)];
    trial.valid = false;
    trial.status = result::TrialStatus::crashed;
  }
  EXPECT_EQ(judge_gate(result, {}).verdict, Verdict::regression);
}

TEST(Gate, IsInvalidWhereEverythingFailed) {
  Result result = gate_of(1);
  for (Cell& cell : result.cells) {
    for (Trial& trial : cell.trials) {
      std::swap(trial.outcomes[0], trial.outcomes[static_cast<std::size_t>(Outcome::reset)]);
      trial.throughput_per_s = 0;
      trial.service_time.reset();
    }
  }
  EXPECT_EQ(judge_gate(result, {}).verdict, Verdict::invalid);
}

TEST(Gate, IsInvalidWhereMoreThanAFifthOfTheTrialsBrokeAnInvariant) {
  Result result = gate_of(1, 20);
  for (int block = 0; block < 5; ++block) {
    Trial& trial = result.cells[0].trials[static_cast<std::size_t>(block)];
    trial.valid = false;
    trial.status = result::TrialStatus::invalid;
  }
  EXPECT_EQ(judge_gate(result, {}).verdict, Verdict::invalid);
}

TEST(Gate, IsInvalidWhereOnlyOneAccountHasTheEndsOfManyThreads) {
  Result result = gate_of(1);
  for (Cell& cell : result.cells) {
    for (Trial& trial : cell.trials) {
      trial.subject.threads_peak = 64;
      trial.subject.cpu_account = "cgroup";
      trial.lanes = {{.counters = {{"threads_created", 60'000}}}};
    }
  }
  EXPECT_EQ(judge_gate(result, {}).verdict, Verdict::pass);
  for (Trial& trial : result.cells[0].trials) trial.subject.cpu_account.reset();
  const GateReport report = judge_gate(result, {});
  EXPECT_EQ(report.verdict, Verdict::invalid);
  EXPECT_THAT(report.reasons, Contains(HasSubstr("cpu_account: getrusage and cgroup")));
}

TEST(Gate, IsInvalidWithoutAnythingMeasured) {
  EXPECT_EQ(judge_gate({}, {}).verdict, Verdict::invalid);
}

TEST(Gate, OfStoredResultsLooksOnceAndSaysThatItIsWeaker) {
  Cell was = cell_named("uring");
  Cell is = was;
  was.trials = build("", 1, 10, 0).trials;
  is.trials = build("", 1.3, 10, 4).trials;
  const GateReport report = judge_stored(result_of({was}), result_of({is}), {});
  EXPECT_EQ(report.verdict, Verdict::regression);
  EXPECT_TRUE(report.stored);
  EXPECT_EQ(report.alpha, 0.05);
}

TEST(Gate, OfStoredResultsDoesNotPassWithACellThatOnlyOneOfThemHas) {
  Cell one = cell_named("uring");
  one.trials = build("", 1, 10, 0).trials;
  Cell other = cell_named("epoll");
  other.trials = one.trials;
  const Result both = result_of({one, other});
  EXPECT_EQ(judge_stored(both, both, {}).verdict, Verdict::pass);

  Result unsupported = both;
  unsupported.cells[1].status = result::CellStatus::unsupported;
  unsupported.cells[1].reason = "no io_uring";
  unsupported.cells[1].trials.clear();
  for (const Result& fewer : {result_of({one}), unsupported}) {
    for (const bool of_candidate : {true, false}) {
      const GateReport report =
          of_candidate ? judge_stored(both, fewer, {}) : judge_stored(fewer, both, {});
      EXPECT_EQ(report.verdict, Verdict::inconclusive);
      EXPECT_THAT(
          report.reasons,
          testing::ElementsAre(HasSubstr(of_candidate ? "epoll: only the base has it"
                                                      : "epoll: only the candidate has it")));
    }
  }
  // Neither could measure it.
  EXPECT_EQ(judge_stored(unsupported, unsupported, {}).verdict, Verdict::pass);
}

TEST(Gate, OfStoredResultsDoesNotPassWithACellThatWasNotMeasured) {
  Cell cell = cell_named("uring");
  cell.trials = build("", 1, 10, 0).trials;
  Cell empty = cell;
  empty.trials.clear();
  EXPECT_EQ(judge_stored(result_of({empty}), result_of({cell}), {}).verdict, Verdict::inconclusive);
  EXPECT_EQ(judge_stored(result_of({cell}), result_of({empty}), {}).verdict, Verdict::inconclusive);
}

TEST(Gate, SaysHowBuildsDifferAndIsInvalidWhereOneIsNotOptimized) {
  const Ingredients base = {{"compiler", "g++"}, {"optimized", "true"}};
  GateReport report = judge_gate(gate_of(1), {});
  note_builds(report, base, {{"compiler", "clang++"}, {"optimized", "true"}});
  EXPECT_EQ(report.verdict, Verdict::pass);
  EXPECT_THAT(report.remarks, testing::ElementsAre(HasSubstr("compiler: g++ and clang++")));

  const Ingredients slow = {{"compiler", "g++"}, {"optimized", "false"}};
  for (const bool of_candidate : {true, false}) {
    report = judge_gate(gate_of(1), {});
    note_builds(report, of_candidate ? base : slow, of_candidate ? slow : base);
    EXPECT_EQ(report.verdict, Verdict::invalid);
    EXPECT_THAT(report.reasons.front(), HasSubstr(of_candidate ? "the candidate is not optimized"
                                                               : "the base is not optimized"));
  }
  report = judge_gate(gate_of(1), {});
  note_builds(report, slow, slow);
  EXPECT_EQ(report.verdict, Verdict::pass);
  EXPECT_THAT(report.remarks, testing::ElementsAre(HasSubstr("both builds are not optimized")));
}

}  // namespace
}  // namespace asyncbench::analyze
