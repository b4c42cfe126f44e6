// Ranks, which the tests that assume no distribution are made of.
#pragma once

#include <span>
#include <vector>

namespace asyncbench::analyze {

// The rank of each value, from 1 for the smallest, in the order of `values`. Equal values share the
// mean of the ranks that they take up (midranks). No value may be NaN.
std::vector<double> midranks(std::span<const double> values);

}  // namespace asyncbench::analyze
