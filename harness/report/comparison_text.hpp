// A comparison for a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "analyze/comparison.hpp"

namespace asyncbench::report {

// One block a group: the best, then each other with its ratios to it and how sure they are; then
// what weakens the verdicts. `forced`: why the results are not comparable, where the user compared
// them all the same. At most `width` columns. Deterministic.
std::string comparison_text(const analyze::Comparison& comparison,
                            const std::vector<std::string>& forced = {}, std::size_t width = 80);

// "1.03 [1.01, 1.05]": of the other to the reference as it is, below 1 for a lower throughput.
// "-" without pairs.
std::string ratio_text(const analyze::Contrast& contrast);

}  // namespace asyncbench::report
