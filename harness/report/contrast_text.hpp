// How a figure is put where strategies are ranked: CPU time per request as the work that a CPU
// does, which is the more the better; every other figure as it is.
#pragma once

#include <optional>
#include <string>

#include "analyze/comparison.hpp"
#include "analyze/ratio.hpp"

namespace asyncbench::report {

// "work per CPU", "throughput", "service time p99".
std::string gain_noun(analyze::FigureName figure);

// As a multiple of the reference's; empty without blocks.
std::optional<analyze::Ratio> gain_ratio(const analyze::Contrast& contrast);

// "does 1.48 [1.12, 1.60] times the work per CPU of thread_per_connection".
std::string gain_text(const analyze::Contrast& contrast, const std::string& reference);

// "1.48", "0.41..0.63": the least and the greatest of several estimates.
std::string gain_range(const std::vector<const analyze::Contrast*>& contrasts);

}  // namespace asyncbench::report
