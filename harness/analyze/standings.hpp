// One group of strategies, compared: who stands where.
#pragma once

#include <string>

#include "analyze/contrasts.hpp"
#include "analyze/summary.hpp"

namespace asyncbench::analyze {

// All that compare_strategies() says of a group, but for what needs the other groups' contrasts:
// those with the reference are judged one by one. `trial_seconds`: see price.hpp. Throws
// measure::HdrFormatError when a stored histogram cannot be read.
GroupComparison standings_of(const Group& group, const std::string& reference,
                             const DecisionRule& rule, double trial_seconds);

// Adds what the best tier loses against the reference, once that is concluded; sorts all losses.
void add_losses_to_reference(GroupComparison& comparison);

}  // namespace asyncbench::analyze
