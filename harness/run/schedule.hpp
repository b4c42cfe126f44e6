// Which trials are still due: it follows from the plan and from what has been recorded, whether the
// records are of this process or of a journal that is resumed.
#pragma once

#include <string>
#include <vector>

#include "result/result.hpp"
#include "run/plan.hpp"

namespace asyncbench::run {

struct DueTrial {
  PlannedTrial trial;
  unsigned repeat = 0;  // not 0: again, because the last one was invalid
};

// In the order of running. An invalid trial is due again until a fifth of the planned trials have
// been repeated in the whole run.
std::vector<DueTrial> due_trials(const Plan& plan, const result::Result& recorded);

// Invariant F: every planned trial has exactly one terminal record, and nothing else has one. One
// line for each violation; to be asked when nothing is due any more.
std::vector<std::string> record_faults(const Plan& plan, const result::Result& recorded);

}  // namespace asyncbench::run
