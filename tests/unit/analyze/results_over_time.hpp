// Results as a project's CI would leave them: one a commit, of three strategies for one workload.
#pragma once

#include <fmt/format.h>

#include <cmath>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "analyze/history.hpp"
#include "tests/unit/analyze/cells.hpp"

namespace asyncbench::analyze {

struct Commit {
  int day = 1;                    // of October and November 2026; its name comes from it
  double uring_cpu = 0.5;         // as ratio to thread_per_connection
  std::int64_t uring_calls = 10;  // system calls for 100 requests; others: 40
  double machine = 1;             // how slow it was on that day, for everybody
  std::string kernel = "6.1";
};

// Six blocks with some noise; the same commit gives the same result.
inline result::Result result_of(const Commit& commit) {
  result::Result result;
  result.run.id = fmt::format("{:016}", commit.day);
  result.run.started = fmt::format("2026-{:02}-{:02}T04:00:00Z", 10 + (commit.day - 1) / 31,
                                   (commit.day - 1) % 31 + 1);
  result.run.complete = true;
  result.environment.facts = {{"kernel", commit.kernel},
                              {"cpu", "AMD EPYC"},
                              {"cpus", std::int64_t{2}},
                              {"git_commit", fmt::format("{:07x}", 0xabc000 + commit.day)}};
  result.environment.libraries = {{"liburing", "2.3"}};
  result.plan.peer_strategy = "uring";
  std::mt19937_64 random(static_cast<std::uint64_t>(commit.day));
  std::normal_distribution<double> noise(0, 0.01);
  const std::vector<std::pair<std::string, double>> strategies = {
      {"uring", commit.uring_cpu}, {"epoll", 0.6}, {"thread_per_connection", 1.0}};
  for (const auto& [name, ratio] : strategies) {
    result::Cell cell = cell_named(name, {{"connections", std::int64_t{64}}});
    const double of_run = std::exp(noise(random));  // processes differ from run to run
    for (std::int64_t block = 0; block < 6; ++block) {
      const double cpu_ns = 10'000 * ratio * commit.machine * of_run * std::exp(noise(random));
      cell.trials.push_back(trial_of({.cpu_ns = static_cast<std::int64_t>(cpu_ns),
                                      .peer_ns = static_cast<std::int64_t>(cpu_ns)},
                                     block));
    }
    result::Trial count = trial_of({}, 6);
    count.kind = result::TrialKind::count;
    const std::int64_t calls = name == "uring" ? commit.uring_calls : 40;
    count.subject.syscalls = calls * static_cast<std::int64_t>(count.ended()) / 100;
    cell.trials.push_back(std::move(count));
    result.cells.push_back(std::move(cell));
  }
  return result;
}

inline std::vector<HistoryEntry> entries_of(const std::vector<result::Result>& results,
                                            std::string_view figure = "") {
  std::vector<HistoryEntry> entries;
  for (const result::Result& result : results) {
    entries.push_back(entry_of(result, result.run.id + ".json", figure));
  }
  return entries;
}

inline std::vector<HistoryEntry> entries_of(const std::vector<Commit>& commits) {
  std::vector<result::Result> results;
  for (const Commit& commit : commits) results.push_back(result_of(commit));
  return entries_of(results);
}

// So many commits, the last `since` of them with other figures of uring.
inline std::vector<Commit> with_step(int before, int since, double uring_cpu,
                                     std::int64_t uring_calls = 10) {
  std::vector<Commit> commits;
  for (int day = 1; day <= before + since; ++day) {
    Commit commit{.day = day, .machine = 1 + 0.3 * (day % 3)};
    if (day > before) {
      commit.uring_cpu = uring_cpu;
      commit.uring_calls = uring_calls;
    }
    commits.push_back(commit);
  }
  return commits;
}

}  // namespace asyncbench::analyze
