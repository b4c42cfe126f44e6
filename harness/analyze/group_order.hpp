// The order in which people read groups.
#pragma once

#include <vector>

#include "analyze/summary.hpp"

namespace asyncbench::analyze {

// By workload, in the order in which they come, then by parameters from the first to the last:
// numbers by size ("1ms" before "20ms"), after what is no number or is missing, in its order.
void sort_groups(std::vector<Group>& groups);

}  // namespace asyncbench::analyze
