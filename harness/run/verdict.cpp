#include "run/verdict.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "run/schedule.hpp"

namespace asyncbench::run {
namespace {

using result::Trial;
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
