// A history as a page: one HTML file with charts, without scripts.
#pragma once

#include <string>

#include "analyze/history.hpp"

namespace asyncbench::report {

// The whole file, in the style of the report's page. What comes from results is foreign text and
// stays text. Deterministic. The history has a run.
std::string history_page(const analyze::History& history);

}  // namespace asyncbench::report
