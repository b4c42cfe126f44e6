// The stages of an open loop in a table for a terminal.
#pragma once

#include <string>

#include "analyze/comparison.hpp"
#include "result/result.hpp"

namespace asyncbench::report {

// For each stage of the plan the strategies of the group, in their order: medians of what was
// offered and achieved, response times and errors. Empty without stages.
std::string stage_table(const analyze::GroupComparison& group, const result::StoredPlan& plan);

}  // namespace asyncbench::report
