// What the exports share. For their .cpp files.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "measure/histogram.hpp"
#include "report/export.hpp"
#include "result/result.hpp"

namespace asyncbench::report {

using Trials = std::vector<const result::Trial*>;

// The valid timed trials, whose figures count.
Trials valid_trials(const result::Cell& cell);

// The cells with at least one of them; why each other is left out.
std::vector<const result::Cell*> measured_cells(const result::Result& result, Exported& exported);

// "measured", "unsupported", "failed"; "invalid" with no valid trial.
std::string_view status_of(const result::Cell& cell);

// "unsupported: ...", "failed: ...", "no valid trial: ..." of a cell without one.
std::string why_not_measured(const result::Cell& cell);

// One figure of a cell across its trials.
struct CellFigure {
  std::string name;  // as in the result: "service_time_p99_ns", "read_bytes_per_s"
  result::Estimate estimate;
};
// All that are finite, in the order of the result; the workload's own last. No name occurs twice.
std::vector<CellFigure> figures_across(const result::Cell& cell);

// The names of those that every workload can have, in that order.
std::vector<std::string> common_figure_names();

// The same within one trial, under the same names, except that syscalls are counted in other ones.
struct TrialFigure {
  std::string name;
  double value = 0;
  bool at_least = false;  // the true value is at least this
};
std::vector<TrialFigure> figures_within(const result::Trial& trial);

// The figure of that name; null when there is none.
const TrialFigure* find(const std::vector<TrialFigure>& figures, std::string_view name);

// By what the name says; empty where it does not.
std::optional<bool> higher_is_better(std::string_view name);

// A name in two parts: "service_time_p99" and "ns". The unit is one of `bytes_per_s`, `per_s`,
// `bytes`, `ns`, `share`, or empty.
struct NameAndUnit {
  std::string_view name;
  std::string_view unit;
};
NameAndUnit split_unit(std::string_view name);

// A fact about the machine as text; empty when it has none.
std::string fact_of(const result::Result& result, std::string_view name);

std::string text_of(const result::Value& value);

// Latencies of the cell's own kind: response time in open loop, else service time. Empty when the
// trial has none.
const std::optional<result::Latency>& latency_of_interest(const result::Cell& cell,
                                                          const result::Trial& trial);

}  // namespace asyncbench::report
