// Many results in the order in which they were measured: how each strategy's figures, as ratios to
// a reference within the same run, moved from commit to commit. No absolute figure is compared: the
// state of the machine on a day is in every figure of a run, and cancels in a ratio.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "analyze/figures.hpp"
#include "analyze/paired.hpp"
#include "result/result.hpp"

namespace asyncbench::analyze {

// What one result gives to a history, which does without the result.
struct HistoryEntry {
  struct Cell {
    std::string group;  // Group::name
    std::string strategy;
    bool paced = false;
    CellFigures figures;  // those that are asked for, of timed and count trials, by block
  };

  std::string file;
  result::Result facts;  // without what trials recorded; enough for incomparable()
  std::vector<Cell> cells;
  std::set<std::string, std::less<>> measured;  // the names of all figures that some cell has
};

// The figures that a history shows unless one is asked for, in their order: what is counted (system
// calls, context switches), then CPU, throughput, p99.
std::vector<FigureName> figures_of_history();

// Keeps the figure of that name, or those of figures_of_history() where it is empty. Throws
// measure::HdrFormatError when a stored histogram cannot be read.
HistoryEntry entry_of(const result::Result& result, std::string file, std::string_view figure);

struct HistoryOptions {
  std::string against;   // the reference strategy; empty: chosen for each group, see HistoryLine
  double margin = 0.03;  // a smaller change of a ratio is none; 0.03 is 3 %
  std::vector<std::string> strategies;  // in the order in which they are shown and chosen
};

// One result, as people find it again.
struct HistoryRun {
  std::string file;
  std::string started;  // as in result::Run
  std::string commit;   // empty where the build did not know it
  bool complete = true;
  // Runs on the same footing can be compared: incomparable() finds nothing, their peers ran the
  // same strategy, and both took turns or none did. Numbered from 0 by their first runs. Runs on
  // one footing need not be one after the other: two machines may alternate.
  std::size_t footing = 0;
  // Why it stands on another footing than the run before; empty where it does not.
  std::vector<std::string> differs;
};

struct HistoryPoint {
  std::size_t run = 0;
  // ln(strategy / reference), not turned round for figures of which more is better: the
  // Hodges-Lehmann estimate across blocks, with its 95 % interval; infinite below 6 blocks.
  Location log_ratio;
  std::size_t blocks = 0;
};

// One figure of a strategy in a group of cells that differ in their strategy alone, as ratio to the
// group's reference: the strategy that was named, else thread_per_connection, else the group's
// first by HistoryOptions::strategies.
struct HistoryLine {
  std::string figure;
  std::string group;
  std::string strategy;
  std::string reference;
  std::vector<HistoryPoint> points;  // in the order of the runs; runs without the cell are missing
};

enum class Certainty : std::uint8_t {
  clear,   // found by change_points(), also when all lines are counted (q = 0.05)
  fresh,   // by fresh_change() from two results or more, all lines counted
  likely,  // found by change_points(), as if it were the only line
  single,  // by fresh_change() from the newest result alone, all lines counted
};
std::string_view name_of(Certainty certainty);

struct HistoryChange {
  std::size_t line = 0;  // of History::lines
  std::size_t from = 0;  // the last run before it, on the same footing
  std::size_t to = 0;    // the first run since
  double before = 1;     // the median ratios before and since
  double since = 1;
  Location
      factor;  // since / before, with its 95 % interval: from 0 to infinity where there is none
  std::size_t runs_before = 0;  // the results behind each of the two
  std::size_t runs_since = 0;
  double p = 1;
  double adjusted_p = 1;  // Benjamini-Hochberg, over all lines
  Certainty certainty = Certainty::clear;
  // Nearly all strategies of the group moved the same way here: it is the reference that moved.
  bool reference_moved = false;
  // What else differs between `from` and `to`: "libuv: 1.44.2 and 1.48.0".
  std::vector<std::string> also;

  bool is_sure() const { return certainty == Certainty::clear || certainty == Certainty::fresh; }
};

struct History {
  std::vector<HistoryRun> runs;
  std::vector<HistoryLine> lines;      // by figure, then group, then strategy
  std::vector<HistoryChange> changes;  // the newest first
  double margin = 0;
  std::vector<std::string> left_out;  // groups and files that are in no line, and why
};

// The entries in any order. Changes are looked for on each footing by itself, and lie between
// different builds: other commits, libraries or flags. In a run of which another entry is a copy
// (result::Run::id), only one counts.
History history_of(std::vector<HistoryEntry> entries, const HistoryOptions& options);

}  // namespace asyncbench::analyze
