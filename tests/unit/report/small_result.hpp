// A small result with one of everything that an export meets.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "analyze/summary.hpp"
#include "result/from_recording.hpp"
#include "result/result.hpp"

namespace asyncbench::report {

struct SmallTrial {
  std::uint64_t requests = 1000;  // in a window of 1 s
  std::int64_t latency_ns = 100'000;
  std::int64_t cpu_ns = 5'000;  // per request
};

inline result::Trial small_trial(const SmallTrial& of, std::int64_t block) {
  result::Trial trial{.block = block, .valid = true};
  trial.started = "2026-11-20T22:05:0" + std::to_string(block) + "Z";
  trial.warm_up_ns = 500'000'000;
  trial.window_ns = 1'000'000'000;
  trial.outcomes[0] = of.requests - 1;
  trial.outcomes[static_cast<std::size_t>(Outcome::reset)] = 1;
  trial.throughput_per_s = static_cast<double>(of.requests - 1);
  measure::Histogram latencies;
  for (std::uint64_t i = 0; i < of.requests - 1; ++i) {
    latencies.record(of.latency_ns + static_cast<std::int64_t>(i % 20 * i % 20) * 10'000);
  }
  trial.service_time = result::latency_of(latencies);
  const auto requests = static_cast<std::int64_t>(of.requests);
  const std::int64_t user_ns = std::min<std::int64_t>(of.cpu_ns, 1'000);
  trial.subject = {.cpu_user_ns = requests * user_ns,
                   .cpu_system_ns = requests * (of.cpu_ns - user_ns),
                   .context_switches_voluntary = requests / 4,
                   .context_switches_involuntary = block,
                   .memory_peak_bytes = 4'000'000 + 4096 * block,
                   .cpus = {1}};
  trial.peer = result::Usage{.cpu_user_ns = 0, .cpu_system_ns = requests * 5'000, .cpus = {0}};
  return trial;
}

inline result::Cell small_cell(std::string workload, std::string strategy,
                               result::Values parameters) {
  result::Cell cell{.workload = std::move(workload), .strategy = std::move(strategy)};
  cell.parameters = std::move(parameters);
  cell.id = result::cell_id(cell.workload, cell.strategy, cell.parameters);
  return cell;
}

inline result::Result small_result() {
  using result::Cell;
  using result::Trial;
  result::Result result;
  result.run = {.id = "0123456789abcdef",
                .started = "2026-11-20T22:05:00Z",
                .finished = "2026-11-20T22:06:00Z",
                .seed = 1,
                .complete = true,
                .command = {"asyncbench", "run", "small"},
                .version = "0.1.0"};
  result.plan = {.suite = "small",
                 .trials = 3,
                 .warm_up_ns = 500'000'000,
                 .window_ns = 1'000'000'000,
                 .grace_ns = 2'000'000'000,
                 .peer_strategy = "uring",
                 .subject_cpus = {1},
                 .peer_cpus = {0},
                 .cpu_idle = "default",
                 .options = {{"threads", std::int64_t{1}}, {"urls", std::string()}}};
  result.environment.facts = {{"kernel", "Linux 6.1"},
                              {"cpu", "AMD EPYC"},
                              {"cpus", std::int64_t{2}},
                              {"git_commit", "4dc10fe75f0b571ae144064c31248b10b344776f"}};
  const result::Values closed = {{"connections", std::int64_t{64}}};

  // Two strategies side by side, one with an invalid trial, a count trial and figures of its own.
  Cell uring = small_cell("fetch", "uring", closed);
  Cell asio = small_cell("fetch", "asio", closed);
  for (const std::int64_t block : {0, 1, 2}) {
    const auto noise = static_cast<std::uint64_t>(block * 7 % 5);
    uring.trials.push_back(small_trial({1300 + noise, 90'000, 4'000}, block));
    uring.trials.back().figures = {{"read_bytes_per_s", 5e6 + static_cast<double>(block)},
                                   {"disk_read_share", 0.25}};
    asio.trials.push_back(small_trial({1000 + noise, 120'000, 5'000}, block));
  }
  Trial invalid = small_trial({9'000, 1'000, 100}, 3);
  invalid.valid = false;
  invalid.status = result::TrialStatus::invalid;
  invalid.reason = "invariant A does not hold; report it";
  uring.trials.push_back(invalid);
  Trial count = small_trial({1000}, 4);
  count.kind = result::TrialKind::count;
  count.subject.syscalls = 2000;
  uring.trials.push_back(count);

  // Open loop, with requests that never ended: its high percentiles are lower bounds.
  Cell open = small_cell("serve", "uring",
                         {{"connections", std::int64_t{64}}, {"arrivals", "constant:1000"}});
  measure::Histogram unfinished;
  unfinished.record(150'000, 200);
  for (const std::int64_t block : {0, 1}) {
    Trial trial = small_trial({1000}, block);
    trial.response_time = trial.service_time;
    trial.censored = 200;
    trial.censored_response_time = result::latency_of(unfinished);
    open.trials.push_back(trial);
  }

  Cell unsupported = small_cell("serve", "curl_multi", closed);
  unsupported.status = result::CellStatus::unsupported;
  unsupported.reason = "libcurl is a client library; it cannot serve";
  Cell failed = small_cell("serve", "asio", closed);
  failed.status = result::CellStatus::failed;
  failed.reason = "the subject crashed: SIGSEGV; see its core dump with coredumpctl";
  result.cells = {uring, asio, open, unsupported, failed};
  analyze::summarize(result);
  return result;
}

// Markup, a formula, separators, quotes, line ends, an escape sequence, a mention and letters
// beyond ASCII at once.
inline constexpr const char* kHostileName =
    "=1+1,\"<img src=x>|`x`\n\x1b[31m\t@all #1 /a=b%20 \xC2\xB5\xE2\x80\xA8&\\";

inline result::Result hostile_result() {
  result::Result result = small_result();
  result.run.id = result.run.version = result.plan.suite = kHostileName;
  result.environment.facts[1].second = kHostileName;
  for (result::Cell& cell : result.cells) {
    if (cell.strategy != "asio" && cell.strategy != "curl_multi") continue;
    cell.strategy += kHostileName;
    cell.parameters.emplace_back(kHostileName, kHostileName);
    cell.reason = kHostileName;
    cell.id = result::cell_id(cell.workload, cell.strategy, cell.parameters);
    for (result::Trial& trial : cell.trials) trial.figures[kHostileName] = 1;
  }
  analyze::summarize(result);
  return result;
}

}  // namespace asyncbench::report
