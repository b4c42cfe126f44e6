// What killed runs could not remove.
#pragma once

#include "run/plan.hpp"

namespace asyncbench::run {

// Removes the temporary folders, the files where the plan's workloads make theirs, and the control
// groups of processes that have ended. Those of running ones stay.
void remove_left_behind(const Plan& plan);

}  // namespace asyncbench::run
