#include "run/participant_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "run/sitting.hpp"
#include "run/trial.hpp"
#include "workloads/all_workloads.hpp"

namespace asyncbench::run {
namespace {

using result::Trial;
using result::TrialStatus;

// What an invariant says of whoever recorded the requests.
struct Meaning {
  std::string_view code;
  std::string_view says;
};
constexpr std::array<Meaning, 6> kMeanings = {{
    {"invariant_requests_balance", "some request has no record, or two"},
    {"invariant_both_ends_agree", "its counts are not those of the server"},
    {"invariant_samples_match_counts", "it has not one latency for each request"},
    {"invariant_in_flight_within_limit",
     "more requests were in flight at once than there are tasks"},
    {"invariant_resources_returned", "it did not give everything back"},
    {"invariant_littles_law",
     "the times of its requests do not fill the window, in which each task has one in flight"},
}};

std::string in_words(const result::Note& note) {
  const auto* const found = std::ranges::find(kMeanings, note.code, &Meaning::code);
  return fmt::format("{}: {}", found == kMeanings.end() ? note.code : found->says, note.detail);
}

void judge(const Trial& trial, std::string_view when, std::vector<std::string>& faults) {
  const auto add = [&](const std::string& what) {
    faults.push_back(fmt::format("{}: {}", when, what));
  };
  if (trial.status == TrialStatus::cancelled) {
    throw TrialFailure{trial.status, trial.reason};
  }
  if (trial.status != TrialStatus::ok && trial.status != TrialStatus::invalid) {
    return add(trial.reason);
  }
  for (const result::Note& note : trial.notes) add(in_words(note));
  if (trial.ended() == 0) add("no request ended in the window");
  for (const result::FailureCount& failure :
       trial.failures.value_or(std::vector<result::FailureCount>())) {
    add(fmt::format("{} of {} requests ended as {}, and the server answers all of them well",
                    failure.count, trial.ended(), name_of(failure.outcome)));
  }
  if (!trial.turns) return;
  if (trial.turns->overlap()) {
    add(fmt::format(
        "{} of {} requests were under way after the rest of {} ms that follows a turn: "
        "requests begin in turns alone, or the program says \"turns\": false",
        trial.turns->overran, trial.turns->requests(), trial.turns->rest_ns / 1'000'000));
  }
  const auto is_empty = [](const result::Turn& turn) { return turn.requests == 0; };
  if (std::ranges::any_of(trial.turns->rounds, is_empty)) add("a turn passed without a request");
}

void check_end(const TrialOrder& order, std::vector<std::string>& faults) {
  TrialRun run(order, 0);
  run.start();
  const std::string words = run.break_off();
  if (!words.empty()) faults.push_back("told to end (SIGTERM): " + words);
}

}  // namespace

PlannedCell cell_to_check(const std::string& program, const std::string& workload,
                          const Registry& registry, Settings& settings) {
  settings.duration = std::chrono::milliseconds(300);
  settings.warmup = std::chrono::milliseconds(100);
  settings.rounds = 2;
  settings.peer_strategy = choose_peer_strategy("", registry);
  settings.pin = resolve_pinning(settings.pin);
  settings.plugins = registry.plugins();
  std::map<std::string, std::string> parameters;
  const workloads::Workload* const known = workloads::find_workload(workload);
  if (known != nullptr &&
      workloads::find_parameter(known->info().parameters, "connections") != nullptr) {
    parameters["connections"] = "4";
  }
  return make_cell(workload, program, parameters, registry, settings);
}

std::vector<std::string> check_participant(const PlannedCell& cell, const Settings& settings,
                                           int interrupt_fd) {
  std::vector<std::string> faults;
  const TrialOrder order{.cell = cell, .settings = settings, .interrupt_fd = interrupt_fd};
  judge(run_alone(order), "whole window", faults);
  if (!faults.empty()) return faults;
  if (cell.workload->can_rest(cell.work.parameters)) {
    // Beside itself, so that there is something to rest for.
    TrialOrder twin = order;
    twin.kind = result::TrialKind::twin;
    const std::array<TrialOrder, 2> both = {order, twin};
    for (const Trial& trial : run_in_turns(both)) judge(trial, "in turns", faults);
    std::ranges::sort(faults);
    const auto again = std::ranges::unique(faults);
    faults.erase(again.begin(), again.end());
  }
  try {
    check_end(order, faults);
  } catch (const TrialFailure& failure) {
    if (failure.status == TrialStatus::cancelled) throw;
    faults.push_back("told to end (SIGTERM): " + failure.reason);
  }
  return faults;
}

}  // namespace asyncbench::run
