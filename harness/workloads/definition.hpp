// Whether what a workload says of itself can be used: users' values are read by it, and trials are
// planned by it.
#pragma once

#include <string>

#include "workloads/workload.hpp"

namespace asyncbench::workloads {

// The first fault of the definition, and what would be right, in one line: "parameter pace: it has
// no default; ...". Empty: there is none.
std::string definition_fault(const Workload& workload);

}  // namespace asyncbench::workloads
