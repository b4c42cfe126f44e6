// Where a request's CPU goes, for people.
#pragma once

#include <cstddef>
#include <string>

#include "result/result.hpp"

namespace asyncbench::report {

// Whether a result has profile trials.
bool has_profile(const result::Result& result);

// For each workload and parameters: CPU per request by category, the strategies side by side in
// nanoseconds; what differs in sentences; whether the samples add up to what the account says, what
// they cost, what was lost or has no name, and what could not be measured and why.
std::string profile_text(const result::Result& result, std::size_t width = 80);

}  // namespace asyncbench::report
