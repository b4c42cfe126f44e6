// What explains the strategies of a profile, side by side, for a terminal of 80 columns.
#pragma once

#include <span>
#include <string>

#include "analyze/causes.hpp"

namespace asyncbench::report {

// System calls by name, context switches and their like, operations per wake-up, waits by reason,
// and the slowest requests: a column a strategy. What is missing, and why, comes last.
std::string causes_text(std::span<const analyze::Causes> causes);

}  // namespace asyncbench::report
