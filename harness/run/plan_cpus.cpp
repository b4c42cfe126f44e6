#include "run/plan_cpus.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string>

#include "measure/cpu.hpp"

namespace asyncbench::run {
namespace {

bool has_peer(const PlannedCell& cell) {
  return cell.strategy != kNullStrategy && cell.workload->roles(cell.work).size() > 1;
}

}  // namespace

Threads most_threads(const Plan& plan) {
  Threads most;
  for (const PlannedCell& cell : plan.cells) {
    const Threads threads = threads_of(settings_of(plan, cell));
    most.subject = std::max(most.subject, threads.subject);
    most.peer = std::max(most.peer, threads.peer);
  }
  return most;
}

std::vector<result::Note> cpu_shortages_of(const Plan& plan) {
  std::vector<std::string> of_side;
  std::vector<std::string> of_both;
  const auto add = [](std::vector<std::string>& to, const std::string& text) {
    if (!text.empty() && std::ranges::find(to, text) == to.end()) to.push_back(text);
  };
  const std::size_t allowed = measure::allowed_cpus().size();
  for (const PlannedCell& cell : plan.cells) {
    if (!cell.unsupported.empty()) continue;
    const Settings settings = settings_of(plan, cell);
    const Threads threads = threads_of(settings);
    const CpuShortage shortage =
        cpu_shortage(pinning_for(settings.pin, threads), threads, has_peer(cell), allowed);
    add(of_side, shortage.of_side);
    add(of_both, shortage.of_both);
  }
  std::vector<result::Note> notes;
  if (!of_side.empty()) {
    notes.push_back({.code = std::string(kThreadsExceedCpus),
                     .detail = fmt::format("{}: more of them than CPUs do not show scaling",
                                           fmt::join(of_side, "; "))});
  }
  if (!of_both.empty()) {
    notes.push_back({.code = std::string(kCpusShared),
                     .detail = fmt::format("{}: what one side uses the other lacks, so compare CPU "
                                           "per request rather than throughput or latency",
                                           fmt::join(of_both, "; "))});
  }
  return notes;
}

}  // namespace asyncbench::run
