// What the exports share. For their .cpp files.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analyze/figures.hpp"
#include "report/export.hpp"
#include "result/result.hpp"

namespace asyncbench::report {

// The cells with a valid timed trial; why each other is left out.
std::vector<const result::Cell*> measured_cells(const result::Result& result, Exported& exported);

// "measured", "unsupported", "failed"; "invalid" with no valid trial.
std::string_view status_of(const result::Cell& cell);

// "unsupported: ...", "failed: ...", "no valid trial: ..." of a cell without one.
std::string why_not_measured(const result::Cell& cell);

// A figure across the trials of a cell, or within one trial.
struct CellFigure {
  analyze::Figure figure;
  result::Estimate estimate;
};
struct TrialFigure {
  analyze::Figure figure;
  analyze::Reading reading;
};

// All that are finite, in the order of the result's file. They refer to the cell, or to the trial's
// `figures`.
std::vector<CellFigure> figures_across(const result::Cell& cell);
std::vector<TrialFigure> figures_within(const analyze::TrialFigures& figures);

// Latencies of the cell's own kind: response time in open loop, else service time. Empty when the
// trial has none.
const std::optional<result::Latency>& latency_of_interest(const result::Cell& cell,
                                                          const result::Trial& trial);

}  // namespace asyncbench::report
