// Cells with chosen samples, for tests of what is shown of profiles.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "result/result.hpp"

namespace asyncbench::report {

inline const measure::Function kThread{"asyncbench", "[thread]"};
inline const measure::Function kRun{"asyncbench::uring::Loop::run", "asyncbench"};
inline const measure::Function kSend{"tcp_sendmsg", "[kernel]"};
inline const measure::Function kNameless{"", "libc.so.6"};

// Samples of 1 ms over 1000 requests: 1 us a request each.
inline result::Cell profiled_cell(const char* strategy, std::uint64_t sends, std::uint64_t copies) {
  result::Cell cell{
      .id = std::string("fetch/strategy:") + strategy, .workload = "fetch", .strategy = strategy};
  result::Trial trial{.kind = result::TrialKind::profile, .valid = true};
  trial.outcomes[0] = 1000;
  trial.throughput_per_s = 1000;
  trial.subject.cpu_user_ns = 0;
  trial.subject.cpu_system_ns = static_cast<std::int64_t>(sends + copies) * 1'000'000;
  measure::CallTreeBuilder stacks;
  if (copies > 0) stacks.add(std::vector{kThread, kRun, kNameless}, copies);
  if (sends > 0) stacks.add(std::vector{kThread, kRun, kSend}, sends);
  trial.profile.emplace().on_cpu = measure::OnCpu{.event = "cpu-clock",
                                                  .frequency_hz = 1000,
                                                  .period_ns = 1'000'000,
                                                  .kernel = true,
                                                  .program = "asyncbench",
                                                  .stacks = stacks.take()};
  result::Trial timed{.valid = true};
  timed.outcomes[0] = 1000;
  timed.throughput_per_s = 1010;
  cell.trials = {timed, trial};
  return cell;
}

}  // namespace asyncbench::report
