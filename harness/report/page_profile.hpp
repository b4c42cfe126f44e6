// What the page draws of a profile. Internal to the page.
#pragma once

#include "report/location_json.hpp"
#include "result/result.hpp"

namespace asyncbench::report {

// As page/README.md has it; null without a profile.
Json profile_json(const result::Cell& cell);

}  // namespace asyncbench::report
