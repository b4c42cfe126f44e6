// The strategies of one group in one table for a terminal, the best first.
#pragma once

#include <string>

#include "analyze/comparison.hpp"
#include "report/terminal.hpp"

namespace asyncbench::report {

// Figures as medians, as many as there is room for, then the ranking figure as a multiple of the
// reference's (CPU time as work per CPU) with its interval, in figures and drawn; a line below the
// strategies of the best tier. `margin`: of the comparison's rule. `title`: printable.
std::string strategy_table(const analyze::GroupComparison& group, double margin,
                           const std::string& title, const Terminal& terminal);

// The same strategies with each compared figure as a multiple of the reference's, as many as there
// is room for.
std::string ratio_table(const analyze::GroupComparison& group, double margin,
                        const std::string& title, const Terminal& terminal);

}  // namespace asyncbench::report
