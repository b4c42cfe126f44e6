// Objectives as users write them: "p99<5ms,errors<0.1%".
#pragma once

#include <string_view>

#include "analyze/objective.hpp"

namespace asyncbench::cli {

// Criteria between commas, each a figure (p50, p90, p99, p99.9: response times; errors; achieved;
// cpu), a comparison (<, <=; achieved: >, >=) and a limit with its unit. At least one. Throws
// run::UsageError that names the criterion and shows what would be right.
analyze::Objective parse_objective(std::string_view text);

}  // namespace asyncbench::cli
