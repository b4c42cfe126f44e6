#include "report/figure_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "analyze/notes.hpp"
#include "analyze/ranking.hpp"
#include "report/format.hpp"

namespace asyncbench::report {

using analyze::Figure;
using analyze::Shown;
using analyze::Unit;

std::vector<Figure> columns_of(const analyze::Group& group) {
  const bool is_open_loop = analyze::is_open_loop(group);
  const bool both_ends = analyze::has_figure(group, analyze::kTotalCpu);
  std::vector<Figure> columns;
  for (const Figure& figure : analyze::figures()) {
    if (figure.shown == Shown::always || (figure.shown == Shown::closed_loop && !is_open_loop) ||
        (figure.shown == Shown::open_loop && is_open_loop) ||
        (figure.shown == Shown::both_ends && both_ends)) {
      columns.push_back(figure);
    }
  }
  for (const Figure& figure : analyze::figures_of(group.cells)) {
    if (figure.shown == Shown::where_measured) columns.push_back(figure);
  }
  return columns;
}

std::string work_text(const result::Cell& cell) {
  constexpr std::string_view kBytes = "_bytes";
  std::string text = cell.workload;
  for (const auto& [name, value] : cell.parameters) {
    const auto* const number = std::get_if<std::int64_t>(&value);
    const bool is_size = number != nullptr && name.ends_with(kBytes);
    std::string title = is_size ? name.substr(0, name.size() - kBytes.size()) : name;
    std::ranges::replace(title, '_', ' ');
    text +=
        fmt::format("{}{} {}", text.size() == cell.workload.size() ? ": " : ", ", title,
                    is_size ? format_bytes(static_cast<double>(*number)) : result::text_of(value));
  }
  return text;
}

std::string figure_text(Unit unit, double value) {
  switch (unit) {
    case Unit::requests_per_s:
    case Unit::per_s:
      return format_count(value) + "/s";
    case Unit::bytes_per_s:
      return format_bytes(value) + "/s";
    case Unit::cpu_time:
      return format_duration_ns(value);
    case Unit::share:
      return format_percent(value);
    default:
      return number_text(unit, value);
  }
}

std::string number_text(Unit unit, double value) {
  switch (unit) {
    case Unit::requests_per_s:
    case Unit::per_s:
      return format_count(value);
    case Unit::bytes_per_s:
    case Unit::bytes:
      return format_bytes(value);
    case Unit::time:
      return format_duration_ns(value);
    case Unit::cpu_time:
      return format_number(value / 1e3);
    case Unit::share:
    case Unit::per_request:
    case Unit::ratio:
      break;
  }
  return format_number(value);
}

std::string estimate_text(const result::Estimate* estimate, Unit unit,
                          std::string (*write)(Unit, double)) {
  if (estimate == nullptr) return "-";
  return fmt::format("{}{}{}", estimate->at_least ? ">=" : "", write(unit, estimate->median),
                     estimate->unresolved ? "?" : "");
}

std::string spread_text(const result::Estimate* estimate, Unit unit) {
  if (estimate == nullptr || estimate->interval == result::IntervalKind::single ||
      (estimate->low == 0 && estimate->high == 0)) {
    return "";
  }
  const double farther =
      std::max(estimate->high - estimate->median, estimate->median - estimate->low);
  if (farther > std::abs(estimate->median)) {
    return fmt::format("{}..{}", number_text(unit, estimate->low),
                       number_text(unit, estimate->high));
  }
  return "\u00b1" + format_percent(farther / std::abs(estimate->median));
}

}  // namespace asyncbench::report
