// The figures that a table of a group shows, and how each is written.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analyze/summary.hpp"
#include "report/format.hpp"
#include "result/result.hpp"

namespace asyncbench::report {

// A figure of a summary: one that every workload has, or one of the workload's own by its name.
struct Column {
  std::string title;
  std::optional<result::Estimate> result::Summary::*figure = nullptr;
  std::string own;
  std::string (*format)(double) = format_number;

  std::optional<result::Estimate> of(const result::Summary& summary) const;
};

// Those of a group: throughput, latencies of its kind, costs, then the workload's own by name.
std::vector<Column> columns_of(const analyze::Group& group);

// ">=12.3us?", or "-" for a figure that is missing.
std::string value_text(const std::optional<result::Estimate>& figure, const Column& column);

// "±2.1%": the farther end of the interval, as a share of the median; empty for one value.
std::string spread_text(const std::optional<result::Estimate>& figure);

}  // namespace asyncbench::report
