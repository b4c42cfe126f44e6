#include "report/columns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <set>
#include <string_view>

#include "analyze/notes.hpp"
#include "analyze/ranking.hpp"

namespace asyncbench::report {
namespace {

using analyze::Group;
using result::Cell;
using result::Estimate;
using result::Summary;

using Member = std::optional<Estimate> Summary::*;

std::string microseconds(double ns) { return format_number(ns / 1e3); }

// "heartbeat_lag_p99_ns" is shown as a duration under "heartbeat lag p99".
Column own_column(const std::string& name) {
  struct Unit {
    std::string_view suffix;
    std::string_view shown;
    std::string (*format)(double);
  };
  static constexpr std::array kUnits = {
      Unit{"_bytes_per_s", " B/s", format_bytes}, Unit{"_per_s", "/s", format_count},
      Unit{"_bytes", "", format_bytes}, Unit{"_ns", "", format_duration_ns}};
  Column column{.title = name, .own = name};
  for (const Unit& unit : kUnits) {
    if (!name.ends_with(unit.suffix)) continue;
    column.title.replace(name.size() - unit.suffix.size(), std::string::npos, unit.shown);
    column.format = unit.format;
    break;
  }
  std::ranges::replace(column.title, '_', ' ');
  return column;
}

std::vector<Column> own_columns(const Group& group) {
  std::set<std::string> names;
  for (const Cell* cell : group.cells) {
    if (!cell->summary) continue;
    for (const auto& [name, estimate] : cell->summary->figures) names.insert(name);
  }
  std::vector<Column> columns;
  for (const std::string& name : names) columns.push_back(own_column(name));
  return columns;
}

}  // namespace

std::optional<Estimate> Column::of(const Summary& summary) const {
  if (figure != nullptr) return summary.*figure;
  const auto found = summary.figures.find(own);
  return found == summary.figures.end() ? std::nullopt : std::optional(found->second);
}

std::vector<Column> columns_of(const Group& group) {
  const auto common = [](const char* title, Member figure, std::string (*format)(double)) {
    return Column{.title = title, .figure = figure, .format = format};
  };
  std::vector<Column> columns = {
      common("req/s", &Summary::throughput_per_s, format_count),
      common("p50", &Summary::service_time_p50_ns, format_duration_ns),
      common("p99", &Summary::service_time_p99_ns, format_duration_ns),
      common("p99.9", &Summary::service_time_p99_9_ns, format_duration_ns),
      common("CPU us", &Summary::cpu_per_request_ns, microseconds),
      common("ctx sw", &Summary::context_switches_per_request, format_number),
      common("syscall", &Summary::syscalls_per_request, format_number),
  };
  if (analyze::is_open_loop(group)) {
    columns[1] = common("resp p50", &Summary::response_time_p50_ns, format_duration_ns);
    columns[2] = common("resp p99", &Summary::response_time_p99_ns, format_duration_ns);
    columns[3] = common("r p99.9", &Summary::response_time_p99_9_ns, format_duration_ns);
  }
  if (analyze::any_has(group, analyze::kPeersDiffer)) {
    columns.insert(columns.begin() + 5,
                   common("total us", &Summary::cpu_per_request_total_ns, microseconds));
  }
  std::ranges::move(own_columns(group), std::back_inserter(columns));
  return columns;
}

std::string value_text(const std::optional<Estimate>& figure, const Column& column) {
  if (!figure) return "-";
  return fmt::format("{}{}{}", figure->at_least ? ">=" : "", column.format(figure->median),
                     figure->unresolved ? "?" : "");
}

std::string spread_text(const std::optional<Estimate>& figure) {
  if (!figure || figure->interval == result::IntervalKind::single || figure->median == 0) return "";
  const double farther = std::max(figure->high - figure->median, figure->median - figure->low);
  return "\u00b1" + format_percent(farther / std::abs(figure->median));
}

}  // namespace asyncbench::report
