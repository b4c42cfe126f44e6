// A comparison as JSON, for other programs.
#pragma once

#include <string>
#include <vector>

#include "analyze/comparison.hpp"

namespace asyncbench::report {

// One document, schema "asyncbench-comparison" 1.1, ends with a line feed. Ratios are in the worse
// direction (above 1 is worse); an end of an interval that too few pairs leave open is null.
std::string comparison_json(const analyze::Comparison& comparison,
                            const std::vector<std::string>& results,
                            const std::vector<std::string>& forced);

}  // namespace asyncbench::report
