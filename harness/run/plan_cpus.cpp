#include "run/plan_cpus.hpp"

#include <algorithm>
#include <string>
#include <utility>

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
  CpuShortage worst;
  unsigned most = 0;
  const std::size_t allowed = measure::allowed_cpus().size();
  for (const PlannedCell& cell : plan.cells) {
    if (!cell.unsupported.empty()) continue;
    const Settings settings = settings_of(plan, cell);
    const Threads threads = threads_of(settings);
    CpuShortage shortage =
        cpu_shortage(pinning_for(settings.pin, threads), threads, has_peer(cell), allowed);
    if (threads.subject + threads.peer < most) continue;
    if (!shortage.of_side.empty()) worst.of_side = std::move(shortage.of_side);
    if (!shortage.of_both.empty()) worst.of_both = std::move(shortage.of_both);
    most = threads.subject + threads.peer;
  }
  std::vector<result::Note> notes;
  if (!worst.of_side.empty()) {
    notes.push_back({.code = std::string(kThreadsExceedCpus),
                     .detail = worst.of_side + ": this does not show how they scale"});
  }
  if (!worst.of_both.empty()) {
    notes.push_back({.code = std::string(kCpusShared),
                     .detail = worst.of_both + ": compare CPU per request, not speed"});
  }
  return notes;
}

}  // namespace asyncbench::run
