#include "run/verdict.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "result/success.hpp"
#include "run/schedule.hpp"

namespace asyncbench::run {
namespace {

using result::Trial;
using result::TrialKind;
using result::TrialStatus;

struct Lacking {
  std::size_t invalid = 0;  // planned trials whose last record is invalid
  std::size_t failed = 0;
  const Trial* example = nullptr;
};

Lacking lacking_of(const result::Cell& cell) {
  Lacking lacking;
  for (const Trial& trial : cell.trials) {
    if (trial.valid || is_replaced(cell, trial)) continue;
    ++(trial.status == TrialStatus::invalid ? lacking.invalid : lacking.failed);
    lacking.example = &trial;
  }
  return lacking;
}

std::string why_nothing_ended(const Trial& trial) {
  const double seconds = static_cast<double>(trial.window_ns) / 1e9;
  const std::uint64_t waiting = trial.censored + trial.not_started;
  return waiting > 0 ? fmt::format(
                           "stalled: no request ended in the window of {:g} s, {} were under way; "
                           "use a longer --duration if requests take that long",
                           seconds, waiting)
                     : fmt::format(
                           "no request was due in the window of {:g} s; use a longer --duration or "
                           "a higher rate",
                           seconds);
}

// Where no request of the timed trials ended, there is nothing to show either. Whether that is so.
bool fail_without_requests(result::Cell& cell) {
  const auto timed = cell.valid_trials();
  const auto has_ended = [](const Trial* trial) { return trial->ended() > 0; };
  if (timed.empty() || std::ranges::any_of(timed, has_ended)) return false;
  cell.status = result::CellStatus::failed;
  cell.reason = why_nothing_ended(*timed.back());
  return true;
}

// What failed beside requests that succeeded, where it is much; empty otherwise.
std::string much_that_failed(const result::Cell& cell) {
  constexpr std::uint64_t kOneIn = 100;
  std::vector<result::FailureCount> failures;
  std::uint64_t failed = 0;
  std::uint64_t ended = 0;
  for (const Trial* trial : cell.valid_trials()) {
    ended += trial->ended();
    for (const result::FailureCount& failure : result::failures_of(*trial)) {
      measure::add_failures(failures, failure);
      failed += failure.count;
    }
  }
  if (failed * kOneIn < ended || failed == 0) return {};
  const std::string remedy = result::remedy_for(failures);
  return fmt::format("{:.0f} % of the requests failed, and count for no latency: {}{}{}",
                     100 * static_cast<double>(failed) / static_cast<double>(ended),
                     result::text_of(failures, ended), remedy.empty() ? "" : "; ", remedy);
}

// Why the profile of a cell shows nothing, although its trials are valid; empty where it does, or
// where the host lets no one sample, which the profile itself says.
std::string why_no_profile(const result::Cell& cell) {
  const auto profiled = cell.valid_trials(TrialKind::profile);
  const auto shows = [](const Trial* trial) {
    if (!trial->profile || !trial->profile->on_cpu) return true;
    return trial->ended() > 0 && trial->profile->on_cpu->stacks.weight() > 0;
  };
  if (profiled.empty() || std::ranges::any_of(profiled, shows)) return {};
  return fmt::format(
      "no profile: its {} valid profile trials took no sample of requests that ended; use a longer "
      "--duration or a higher --frequency",
      profiled.size());
}

}  // namespace

RunVerdict conclude(const Plan& plan, result::Result& result) {
  RunVerdict verdict;
  bool incomplete = false;
  bool invalid = false;
  for (const PlannedCell& planned : plan.cells) {
    result::Cell& cell = *result.find_cell(planned.id);
    if (!planned.unsupported.empty()) {
      if (!planned.named) continue;
      incomplete = true;
      verdict.messages.push_back(
          fmt::format("{} cannot run {} here: {}", cell.strategy, cell.workload, cell.reason));
      continue;
    }
    const Lacking lacking = lacking_of(cell);
    if (result::fail_without_success(cell) || fail_without_requests(cell)) {
      incomplete = true;
      if (lacking.example == nullptr) {
        verdict.messages.push_back(fmt::format("{}: {}", cell.id, cell.reason));
      }
    }
    if (const std::string reason = why_no_profile(cell); !reason.empty()) {
      invalid = true;
      verdict.messages.push_back(fmt::format("{}: {}", cell.id, reason));
    }
    if (cell.status == result::CellStatus::measured) {
      if (const std::string much = much_that_failed(cell); !much.empty()) {
        verdict.messages.push_back(fmt::format("{}: {}", cell.id, much));
      }
    }
    if (lacking.example == nullptr) continue;
    invalid |= lacking.invalid > 0;
    incomplete |= lacking.failed > 0;
    verdict.messages.push_back(fmt::format("{}: {} of {} trials did not count; {}", cell.id,
                                           lacking.invalid + lacking.failed, cell.trials.size(),
                                           lacking.example->reason));
    if (cell.valid_trials().empty()) {
      cell.status = result::CellStatus::failed;
      cell.reason = lacking.example->reason;
    }
  }
  if (Schedule(plan, result).due().empty()) {
    for (std::string& fault : record_faults(plan, result)) {
      invalid = true;
      verdict.messages.push_back(std::move(fault));
    }
  }
  if (incomplete) verdict.exit_code = ExitCode::incomplete;
  if (invalid) verdict.exit_code = ExitCode::invalid;
  return verdict;
}

}  // namespace asyncbench::run
