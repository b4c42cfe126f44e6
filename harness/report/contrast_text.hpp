// Contrasts in words. Where strategies are ranked, CPU time per request is put as the work that a
// CPU does, which is the more the better (a gain); every other figure as it is.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analyze/comparison.hpp"
#include "analyze/ratio.hpp"

namespace asyncbench::report {

// "clear", "alike", "open" or "invalid": how sure a contrast is; "likely" where its sides were
// measured apart.
std::string_view sureness_of(analyze::Decision decision, bool apart = false);

// "work per CPU", "throughput", "service time p99".
std::string gain_noun(analyze::FigureName figure);

// The figure itself as a multiple of the reference's: "1.03 [1.01, 1.05]", "-" without blocks.
std::string ratio_text(const analyze::Contrast& contrast);

// The gain as a multiple of the reference's; empty without blocks.
std::optional<analyze::Ratio> gain_ratio(const analyze::Contrast& contrast);

// "does 1.48 [1.12, 1.60] times the work per CPU of thread_per_connection".
std::string gain_text(const analyze::Contrast& contrast, const std::string& reference);

// "1.48", "0.41..0.63": the least and the greatest of several estimates. Null: the reference, 1.
std::string gain_range(const std::vector<const analyze::Contrast*>& contrasts);

}  // namespace asyncbench::report
