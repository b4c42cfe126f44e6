// From trials to the figures of a cell.
#pragma once

#include <string>
#include <vector>

#include "result/result.hpp"

namespace asyncbench::analyze {

// Fills cell.summary from the cell's valid timed trials, one value a trial (syscalls: from its
// valid count trials), with the notes of assess() gathered across trials. A cell without trials
// gets no summary. Throws measure::HdrFormatError when a stored histogram cannot be read.
void summarize(result::Cell& cell);

// Every cell, then what only shows between strategies: peers_differ. Replaces earlier summaries, so
// it may be called again.
void summarize(result::Result& result);

// The cells to be compared with one another: those that differ in their strategy alone. Workloads
// and cells in the order of the result; a workload's groups by their parameters, numbers by size.
struct Group {
  std::string name;  // "fetch/connections:64/body_bytes:12"
  std::vector<const result::Cell*> cells;
};
std::vector<Group> groups_of(const result::Result& result);

// Whether some trial of a cell, or some cell, carries the note.
bool has_note(const result::Cell& cell, std::string_view code);

}  // namespace asyncbench::analyze
