// A result as a table for a terminal.
#pragma once

#include <string>

#include "report/terminal.hpp"
#include "result/result.hpp"

namespace asyncbench::report {

// One table for each workload and parameters, the best strategy first, each figure as its median
// with the farther end of its interval below it; then notes in words with advice, and the machine.
// The result must have its summaries. Deterministic.
std::string table(const result::Result& result, const Terminal& terminal = {});

}  // namespace asyncbench::report
