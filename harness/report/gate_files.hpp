// A gate's report for other programs.
#pragma once

#include <string>

#include "analyze/gate.hpp"

namespace asyncbench::report {

// One document, schema "asyncbench-gate" 1.0, ends with a line feed. `result`: the file that holds
// the trials.
std::string gate_json(const analyze::GateReport& report, const std::string& result);

// JUnit XML: one test case a figure of a cell; a regression is a failure, an inconclusive or
// invalid one is an error.
std::string gate_junit(const analyze::GateReport& report);

}  // namespace asyncbench::report
