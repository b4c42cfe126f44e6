// What the strategies of a group are ordered by.
#pragma once

#include "analyze/figures.hpp"
#include "analyze/summary.hpp"

namespace asyncbench::analyze {

// Whether some cell of the group has the note; whether some has the figure.
bool any_has(const Group& group, std::string_view note);
bool has_figure(const Group& group, FigureName figure);

// Requests come on a schedule: response times exist.
inline bool is_open_loop(const Group& group) { return has_figure(group, kResponseP99); }

// The group's CPU figure: the total where strategies shift work onto their peers.
FigureName cpu_figure_of(const Group& group);

// In open loop everyone achieves what is offered, and behind a limited generator what it can send:
// then throughput says little.
FigureName ranking_of(const Group& group);

// The cells that were measured, the best first. Needs their summaries.
std::vector<const result::Cell*> ranked(const Group& group, FigureName by);

}  // namespace asyncbench::analyze
