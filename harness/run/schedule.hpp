// Which trials are still due: it follows from the plan and from what has been recorded, whether the
// records are of this process or of a journal that is resumed.
#pragma once

#include <string>
#include <vector>

#include "result/result.hpp"
#include "run/plan.hpp"

namespace asyncbench::run {

// Trials that are compared with each other directly stand next to each other and make up a set: the
// builds of one cell in one block. Everywhere else a trial is a set of its own. An invalid trial
// makes its whole set be measured again, so that those which count have all stood side by side.
struct DueTrial {
  PlannedTrial trial;
  unsigned repeat = 0;  // of its set: not 0: again, because some trial of it was invalid
};

// In the order of running. A set with an invalid trial is due again until a fifth of the planned
// sets have been repeated in the whole run.
std::vector<DueTrial> due_trials(const Plan& plan, const result::Result& recorded);

// A trial that counted until its set was measured again counts no more. To be called after each
// trial that has been added to its cell.
void retire_replaced(result::Cell& cell);

// Invariant F: every planned trial has exactly one terminal record, and nothing else has one. One
// line for each violation; to be asked when nothing is due any more.
std::vector<std::string> record_faults(const Plan& plan, const result::Result& recorded);

}  // namespace asyncbench::run
