// The workload `timers`: many tasks that sleep.
#pragma once

#include "workloads/workload.hpp"

namespace asyncbench::workloads {

// Each task fires once a period, the phases of all spread evenly over it; a firing is a request
// whose service time is how late it came. Nothing else happens, so that the CPU a request is what a
// timer costs.
const Workload& timers_workload();

}  // namespace asyncbench::workloads
