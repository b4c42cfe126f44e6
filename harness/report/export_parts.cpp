#include "report/export_parts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace asyncbench::report {
namespace {

using result::Cell;
using result::Estimate;
using result::Latency;
using result::Trial;

// The values of those that `is_kept` takes: first what the file of a result has fields for, in that
// order, then the others by name.
template <class Kept, class Map>
std::vector<Kept> in_order(const Map& figures, auto&& is_kept) {
  std::vector<Kept> kept;
  const auto put = [&](std::string_view name, const auto& value) {
    if (is_kept(value)) kept.push_back({analyze::info_of(name), value});
  };
  for (const char* name : result::kSummaryFields) {
    if (const auto found = figures.find(name); found != figures.end()) put(name, found->second);
  }
  for (const auto& [name, value] : figures) {
    if (std::ranges::find(result::kSummaryFields, name) == result::kSummaryFields.end()) {
      put(name, value);
    }
  }
  return kept;
}

}  // namespace

std::vector<const Cell*> measured_cells(const result::Result& result, Exported& exported) {
  std::vector<const Cell*> cells;
  for (const Cell& cell : result.cells) {
    if (cell.status == result::CellStatus::measured && !cell.valid_trials().empty()) {
      cells.push_back(&cell);
    } else {
      exported.left_out.push_back(fmt::format("{}: {}", cell.id, why_not_measured(cell)));
    }
  }
  return cells;
}

std::string_view status_of(const Cell& cell) {
  switch (cell.status) {
    case result::CellStatus::unsupported:
      return "unsupported";
    case result::CellStatus::failed:
      return "failed";
    case result::CellStatus::measured:
      break;
  }
  return cell.valid_trials().empty() ? "invalid" : "measured";
}

std::string why_not_measured(const Cell& cell) {
  const auto with_reason = [](std::string_view what, const std::string& reason) {
    return reason.empty() ? std::string(what) : fmt::format("{}: {}", what, reason);
  };
  if (cell.status == result::CellStatus::unsupported) {
    return with_reason("unsupported", cell.reason);
  }
  if (cell.status == result::CellStatus::failed) return with_reason("failed", cell.reason);
  for (const Trial& trial : cell.trials) {
    if (trial.kind == result::TrialKind::timed && !trial.valid) {
      return with_reason("no valid trial", trial.reason);
    }
  }
  return "not measured";
}

std::vector<CellFigure> figures_across(const Cell& cell) {
  if (!cell.summary) return {};
  return in_order<CellFigure>(cell.summary->figures, [](const Estimate& estimate) {
    return std::isfinite(estimate.median) && std::isfinite(estimate.low) &&
           std::isfinite(estimate.high);
  });
}

std::vector<TrialFigure> figures_within(const analyze::TrialFigures& figures) {
  return in_order<TrialFigure>(
      figures, [](const analyze::Reading& reading) { return std::isfinite(reading.value); });
}

const std::optional<Latency>& latency_of_interest(const Cell& cell, const Trial& trial) {
  const bool is_open_loop = std::ranges::any_of(
      cell.trials, [](const Trial& any) { return any.response_time.has_value(); });
  return is_open_loop ? trial.response_time : trial.service_time;
}

}  // namespace asyncbench::report
