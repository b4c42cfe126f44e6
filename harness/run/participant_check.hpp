// Whether a program keeps to the participant protocol: some short trials, judged in words.
#pragma once

#include <string>
#include <vector>

#include "core/strategy.hpp"
#include "run/plan.hpp"

namespace asyncbench::run {

// The cell in which a program is checked: a few connections to the embedded origin, as in a run.
// Throws UsageError; PlannedCell::unsupported says why the program cannot do the work here.
PlannedCell cell_to_check(const std::string& program, const std::string& workload,
                          const Registry& registry, Settings& settings);

// Plays a trial of a whole window, one in turns where the workload has them, and one that is broken
// off. All that is wrong, one line each; empty: nothing. The program's way to its first record is
// waited for, so that a silent one takes some ten seconds. Throws TrialFailure when `interrupt_fd`
// becomes readable.
std::vector<std::string> check_participant(const PlannedCell& cell, const Settings& settings,
                                           int interrupt_fd);

}  // namespace asyncbench::run
