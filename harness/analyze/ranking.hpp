// What the strategies of a group are ordered by.
#pragma once

#include <vector>

#include "analyze/figures.hpp"
#include "analyze/summary.hpp"

namespace asyncbench::analyze {

// Whether some cell of the group has the note; whether some has the figure.
bool any_has(const Group& group, std::string_view note);
bool has_figure(const Group& group, FigureName figure);

// Requests come on a schedule: response times exist.
inline bool is_open_loop(const Group& group) { return has_figure(group, kResponseP99); }

// The CPU time of a request: of both ends where both are ours, since strategies shift work onto
// their peers; otherwise the subject's.
FigureName cpu_figure_of(const Group& group);

// What decides who is better: the CPU time of a request, which says how much work a CPU does,
// whatever limits the throughput, and which turns measure best. Where no CPU time could be read,
// throughput, or the p99 of an open loop.
FigureName ranking_of(const Group& group);

// The figures that are compared, the ranking one first: CPU of both ends and of the subject;
// throughput, where it tells anything; p50 and p99, lateness, memory.
std::vector<FigureName> compared_figures(const Group& group);

// What a strategy may pay with for winning: tail latency, lateness, memory.
bool is_traded(FigureName figure);

}  // namespace asyncbench::analyze
