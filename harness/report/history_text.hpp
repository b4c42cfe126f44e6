// A history, for the terminal and for other programs.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "analyze/history.hpp"

namespace asyncbench::report {

struct HistoryText {
  std::size_t width = 80;
  bool all = false;   // also the lines that did not change
  bool utf8 = false;  // the terminal shows characters beyond ASCII
};

// What changed, the newest first; what may have changed; how many lines are steady; where lines
// begin anew and why. Ends with a line feed.
std::string history_text(const analyze::History& history, const HistoryText& options);

// All runs, lines and changes, as results/schema/history-1.schema.json has it.
std::string history_json(const analyze::History& history);

// What the texts and the page share.

// "7f3a9c1", "7f3a9c1-dirty"; "no commit" where the build did not know it.
std::string short_commit(const analyze::HistoryRun& run);

// "2026-11-20 22:05".
std::string short_time(const analyze::HistoryRun& run);

// "12 results of 10 commits, 2026-10-01 22:05 to 2026-11-20 22:05".
std::string extent_of(const analyze::History& history);

// "thread_per_connection"; several where groups have different ones.
std::string references_of(const analyze::History& history);

// A ratio with three significant digits, however small.
std::string ratio_number(double ratio);

// "0.420 [0.402, 0.437]"; without an interval where there is none.
std::string ratio_text(const analyze::HistoryPoint& point);

// "3%", "2.5%": the margin of a history.
std::string margin_text(const analyze::History& history);

// "+12", "-3.1": by how many percent a factor changes something.
std::string percent_text(double factor);

// "+12% [+9.1, +14]", by how much the ratio has changed; without an interval where there is none.
std::string change_text(const analyze::HistoryChange& change);

// "worse", "better", or "moved" for a figure of which neither more nor less is better.
std::string_view direction_of(const analyze::History& history,
                              const analyze::HistoryChange& change);

// How the changes were found and what each heading means, for people.
std::string history_method(const analyze::History& history);

}  // namespace asyncbench::report
