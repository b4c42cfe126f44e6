#include "analyze/history.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/unit/analyze/results_over_time.hpp"

namespace asyncbench::analyze {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const HistoryOptions kOptions{.against = "",
                              .strategies = {"thread_per_connection", "epoll", "uring"}};

const HistoryLine& line_of(const History& history, std::string_view figure,
                           std::string_view strategy) {
  const auto found = std::ranges::find_if(history.lines, [&](const HistoryLine& line) {
    return line.figure == figure && line.strategy == strategy;
  });
  if (found == history.lines.end()) throw std::logic_error("no such line");
  return *found;
}

std::vector<std::string> changed(const History& history) {
  std::vector<std::string> all;
  for (const HistoryChange& change : history.changes) {
    const HistoryLine& line = history.lines[change.line];
    all.push_back(fmt::format("{} {} {} {}", line.figure, line.strategy,
                              history.runs[change.to].file, name_of(change.certainty)));
  }
  return all;
}

TEST(History, ShowsRatiosAndNotTheMachinesMood) {
  const History history = history_of(entries_of(with_step(4, 0, 0.5)), kOptions);
  ASSERT_THAT(history.runs, SizeIs(4));
  EXPECT_EQ(history.runs[0].started, "2026-10-01T04:00:00Z");
  EXPECT_EQ(history.runs[0].commit, "0abc001");
  const HistoryLine& line = line_of(history, kTotalCpu, "uring");
  EXPECT_EQ(line.group, "fetch/connections:64");
  EXPECT_EQ(line.reference, "thread_per_connection");
  ASSERT_THAT(line.points, SizeIs(4));
  for (const HistoryPoint& point : line.points) {
    EXPECT_NEAR(std::exp(point.log_ratio.estimate), 0.5, 0.03);  // the days differ by 60 %
    EXPECT_EQ(point.blocks, 6u);
    EXPECT_LT(point.log_ratio.low, point.log_ratio.estimate);
    EXPECT_GT(point.log_ratio.high, point.log_ratio.estimate);
  }
}

TEST(History, PutsCountedFiguresFirstAndStrategiesInTheirOrder) {
  const History history = history_of(entries_of(with_step(2, 0, 0.5)), kOptions);
  std::vector<std::string> order;
  for (const HistoryLine& line : history.lines) order.push_back(line.figure + " " + line.strategy);
  EXPECT_THAT(order, ElementsAre("syscalls_per_request epoll", "syscalls_per_request uring",
                                 "cpu_per_request_total_ns epoll", "cpu_per_request_total_ns uring",
                                 "throughput_per_s epoll", "throughput_per_s uring",
                                 "service_time_p99_ns epoll", "service_time_p99_ns uring"));
  EXPECT_NEAR(std::exp(history.lines[1].points[0].log_ratio.estimate), 0.25, 1e-6);
  EXPECT_TRUE(std::isinf(history.lines[1].points[0].log_ratio.low)) << "one count trial";
}

TEST(History, KeepsTheNaturalDirectionOfFiguresOfWhichMoreIsBetter) {
  std::vector<result::Result> results = {result_of({.day = 1})};
  for (result::Trial& trial : results[0].cells[0].trials) trial.throughput_per_s *= 2;
  const History history = history_of(entries_of(results), kOptions);
  EXPECT_NEAR(std::exp(line_of(history, kThroughput, "uring").points[0].log_ratio.estimate), 2,
              1e-6);
}

TEST(History, FindsAStepOfFivePercentAndItsCommit) {
  const History history = history_of(entries_of(with_step(10, 6, 0.525)), kOptions);
  EXPECT_THAT(changed(history),
              ElementsAre("cpu_per_request_total_ns uring 0000000000000011.json clear"));
  const HistoryChange& change = history.changes.at(0);
  EXPECT_EQ(history.runs[change.from].file, "0000000000000010.json");
  EXPECT_NEAR(change.factor.estimate, 1.05, 0.015);
  EXPECT_GT(change.factor.low, 1.01);
  EXPECT_NEAR(change.before, 0.5, 0.01);
  EXPECT_NEAR(change.since, 0.525, 0.01);
  EXPECT_EQ(change.runs_before, 10u);
  EXPECT_EQ(change.runs_since, 6u);
  EXPECT_FALSE(change.reference_moved);
  EXPECT_THAT(change.also, IsEmpty());
}

TEST(History, FindsNothingWhereNothingChanged) {
  EXPECT_THAT(changed(history_of(entries_of(with_step(30, 0, 0.5)), kOptions)), IsEmpty());
}

TEST(History, TellsOfFewResultsWhatTheyAreWorth) {
  // One result that is far off may be an outlier; a second one settles it.
  EXPECT_THAT(changed(history_of(entries_of(with_step(10, 1, 0.65)), kOptions)),
              ElementsAre("cpu_per_request_total_ns uring 0000000000000011.json single"));
  EXPECT_THAT(changed(history_of(entries_of(with_step(10, 2, 0.65)), kOptions)),
              ElementsAre("cpu_per_request_total_ns uring 0000000000000011.json fresh"));
  // What is counted does not vary.
  EXPECT_THAT(changed(history_of(entries_of(with_step(4, 2, 0.5, 12)), kOptions)),
              ElementsAre("syscalls_per_request uring 0000000000000005.json fresh"));
}

TEST(History, DoesNotCompareAcrossKernelsMachinesOrPlans) {
  std::vector<Commit> commits = with_step(8, 8, 0.7);
  for (std::size_t i = 8; i < 16; ++i) commits[i].kernel = "6.18";
  const History history = history_of(entries_of(commits), kOptions);
  EXPECT_THAT(changed(history), IsEmpty());
  EXPECT_THAT(history.runs[8].differs, ElementsAre("kernel: 6.1 and 6.18"));
  EXPECT_EQ(history.runs[8].footing, 1u);

  std::vector<result::Result> results = {result_of({.day = 1}), result_of({.day = 2})};
  results[1].plan.window_ns = 1;
  results[1].plan.peer_strategy = "epoll";
  results[1].plan.options.emplace_back("turns",
                                       true);  // older results do not say that they had none
  EXPECT_THAT(
      history_of(entries_of(results), kOptions).runs[1].differs,
      ElementsAre(HasSubstr("window_ns"), "peer_strategy: uring and epoll", "turns: off and on"));
}

TEST(History, FollowsTwoMachinesThatTakeTurns) {
  std::vector<Commit> commits = with_step(12, 12, 0.55);
  for (std::size_t i = 1; i < commits.size(); i += 2) {
    commits[i].kernel = "6.18";
    commits[i].uring_cpu *= 1.4;  // is no change: it is always so there
  }
  const History history = history_of(entries_of(commits), kOptions);
  EXPECT_THAT(changed(history),
              ElementsAre("cpu_per_request_total_ns uring 0000000000000014.json clear",
                          "cpu_per_request_total_ns uring 0000000000000013.json clear"));
}

TEST(History, OrdersByTheStartOfTheRunWhateverTheFilesOrder) {
  std::vector<HistoryEntry> entries = entries_of(with_step(10, 6, 0.525));
  std::ranges::reverse(entries);
  EXPECT_THAT(changed(history_of(std::move(entries), kOptions)),
              ElementsAre("cpu_per_request_total_ns uring 0000000000000011.json clear"));
}

TEST(History, ShowsSeveralRunsOfACommitAsSeveralAndSplitsNone) {
  std::vector<result::Result> results;
  for (const Commit& commit : with_step(9, 9, 0.55)) {
    results.push_back(result_of(commit));
    // Three runs of a commit each; the step lies in the middle of the fourth.
    results.back().environment.facts.back().second = fmt::format("commit{}", (commit.day + 1) / 3);
  }
  const History history = history_of(entries_of(results), kOptions);
  EXPECT_THAT(line_of(history, kTotalCpu, "uring").points, SizeIs(18));
  for (const HistoryChange& change : history.changes) {
    EXPECT_NE(history.runs[change.from].commit, history.runs[change.to].commit);
  }
  for (result::Result& result : results) result.environment.facts.back().second = "one";
  EXPECT_THAT(history_of(entries_of(results), kOptions).changes, IsEmpty());
  // Nothing is known about builds without a commit, or from changed files.
  for (result::Result& result : results) result.environment.facts.pop_back();
  EXPECT_THAT(history_of(entries_of(results), kOptions).changes, SizeIs(1));
}

TEST(History, SaysWhatElseChangedWithTheCommit) {
  std::vector<result::Result> results;
  for (const Commit& commit : with_step(10, 6, 0.525)) {
    results.push_back(result_of(commit));
    if (commit.day > 10) results.back().environment.libraries["liburing"] = "2.9";
  }
  const History history = history_of(entries_of(results), kOptions);
  ASSERT_THAT(history.changes, SizeIs(1));
  EXPECT_THAT(history.changes[0].also, ElementsAre("liburing: 2.3 and 2.9"));
}

TEST(History, SuspectsTheReferenceWhereAllMovedAlike) {
  std::vector<result::Result> results;
  for (const Commit& commit : with_step(10, 6, 0.5)) {
    results.push_back(result_of(commit));
    result::Cell asio = results.back().cells[1];
    asio.strategy = "asio";
    asio.id = result::cell_id(asio.workload, asio.strategy, asio.parameters);
    results.back().cells.push_back(asio);
    if (commit.day <= 10) continue;
    for (result::Trial& trial : results.back().cells[2].trials) {
      trial.subject.cpu_system_ns = *trial.subject.cpu_system_ns * 13 / 10;
      trial.peer->cpu_system_ns = *trial.peer->cpu_system_ns * 13 / 10;
    }
  }
  const History history = history_of(entries_of(results), kOptions);
  ASSERT_THAT(history.changes, SizeIs(3));
  for (const HistoryChange& change : history.changes) {
    EXPECT_TRUE(change.reference_moved);
    EXPECT_NEAR(change.factor.estimate, 1 / 1.3, 0.02);
  }
}

TEST(History, TakesTheReferenceThatIsNamedOrTheFirstThereIs) {
  HistoryOptions options = kOptions;
  options.against = "epoll";
  const std::vector<HistoryEntry> entries = entries_of(with_step(2, 0, 0.5));
  EXPECT_NEAR(
      std::exp(
          line_of(history_of(entries, options), kTotalCpu, "uring").points[0].log_ratio.estimate),
      0.5 / 0.6, 0.04);
  options.against = "asio";
  const History none = history_of(entries, options);
  EXPECT_THAT(none.lines, IsEmpty());
  EXPECT_THAT(none.left_out, ElementsAre("fetch/connections:64: asio was not measured there"));

  std::vector<result::Result> results = {result_of({.day = 1}), result_of({.day = 2})};
  for (result::Result& result : results) result.cells.pop_back();
  const History history = history_of(entries_of(results), kOptions);
  EXPECT_EQ(line_of(history, kTotalCpu, "uring").reference, "epoll");
  for (result::Result& result : results) result.cells.pop_back();
  EXPECT_THAT(history_of(entries_of(results), kOptions).left_out,
              ElementsAre("fetch/connections:64: no strategy beside the reference uring"));
}

TEST(History, LeavesGapsWhereCellsAreMissing) {
  std::vector<result::Result> results;
  for (const Commit& commit : with_step(4, 0, 0.5)) results.push_back(result_of(commit));
  results[1].cells.erase(results[1].cells.begin());  // no uring
  results[2].cells.pop_back();                       // no reference
  results[3].cells[0].trials.clear();
  const HistoryLine line = line_of(history_of(entries_of(results), kOptions), kTotalCpu, "uring");
  ASSERT_THAT(line.points, SizeIs(1));
  EXPECT_EQ(line.points[0].run, 0u);
}

TEST(History, CountsARunThatIsThereTwiceOnce) {
  std::vector<HistoryEntry> entries = entries_of(with_step(3, 0, 0.5));
  entries.push_back(entries[1]);
  entries.back().file = "copy.json.gz";
  const History history = history_of(std::move(entries), kOptions);
  EXPECT_THAT(history.runs, SizeIs(3));
  EXPECT_THAT(history.left_out, ElementsAre("copy.json.gz: the same run as 0000000000000002.json"));
}

TEST(History, ShowsOneFigureWhereOneIsAskedFor) {
  const std::vector<result::Result> results = {result_of({.day = 1}), result_of({.day = 2})};
  const std::vector<HistoryEntry> entries = entries_of(results, kServiceP50);
  EXPECT_TRUE(entries[0].measured.contains(kTotalCpu));
  const History history = history_of(entries, kOptions);
  ASSERT_THAT(history.lines, SizeIs(2));
  EXPECT_EQ(history.lines[0].figure, kServiceP50);
}

// 40 projects with 2 lines of CPU each, and 16 results in which nothing changed.
TEST(History, IsSeldomSureOfNoise) {
  int sure = 0;
  int any = 0;
  for (int project = 0; project < 40; ++project) {
    std::vector<Commit> commits;
    for (int i = 0; i < 16; ++i) commits.push_back({.day = 1 + project * 16 + i});
    const History history = history_of(entries_of(commits), kOptions);
    any += history.changes.empty() ? 0 : 1;
    sure += std::ranges::any_of(history.changes, &HistoryChange::is_sure) ? 1 : 0;
  }
  EXPECT_LE(sure, 2);
  EXPECT_LE(any, 3);
}

}  // namespace
}  // namespace asyncbench::analyze
