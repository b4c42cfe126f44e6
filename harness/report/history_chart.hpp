// One line of a history as SVG. Internal to its page.
#pragma once

#include <string>
#include <string_view>

#include "analyze/history.hpp"

namespace asyncbench::report {

// The class that colours a change: "bad", "good", or "plain" where neither is.
std::string_view mark_of(const analyze::History& history, const analyze::HistoryChange& change);

// With axes, every result's interval, the levels of each change, and where footings end. Places are
// given in percent of the width, so that it fits a phone and text keeps its size.
std::string history_chart(const analyze::History& history, std::size_t line);

// As high as a row of a table: the line, the band of its intervals, its changes.
std::string history_strip(const analyze::History& history, std::size_t line);

}  // namespace asyncbench::report
