// Which lines of a history changed their level. Internal to history.
#pragma once

#include <cstddef>
#include <span>

#include "analyze/history.hpp"

namespace asyncbench::analyze {

// Fills history.changes from its runs and lines, but for `also`. `builds`: of each run, equal
// numbers for equal builds.
void find_changes(History& history, std::span<const std::size_t> builds);

}  // namespace asyncbench::analyze
