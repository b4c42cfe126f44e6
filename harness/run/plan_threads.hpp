// The event loops of a plan's cells: sweeps of them, and what they lack CPUs for.
#pragma once

#include <string_view>
#include <vector>

#include "run/plan.hpp"

namespace asyncbench::run {

// The cell with every combination of the settings' numbers of threads. One without a peer has one
// number of its peer's.
std::vector<PlannedCell> with_threads(const PlannedCell& cell, const Settings& settings);

// Those that the cell's name has, since they are swept.
result::Values shown_threads(const PlannedCell& cell);

// Gives the cell one of these again; false: `name` is another parameter. Throws UsageError for a
// number that the settings have not.
bool put_threads(PlannedCell& cell, std::string_view name, const result::Value& value,
                 const Settings& settings);

// Where a side has more event loops than CPUs, or the two share CPUs: one note of each kind.
std::vector<result::Note> cpu_shortages_of(const Plan& plan);

}  // namespace asyncbench::run
