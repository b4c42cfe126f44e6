#include "analyze/sweeps.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

namespace asyncbench::analyze {
namespace {

constexpr std::string_view kArrivals = "arrivals";

struct Suffix {
  std::string_view text;
  double factor;
  std::string_view unit;
};
constexpr std::array kSuffixes = {Suffix{"ns", 1, "ns"}, Suffix{"us", 1e3, "ns"},
                                  Suffix{"ms", 1e6, "ns"}, Suffix{"s", 1e9, "ns"},
                                  Suffix{"", 1, ""}};

std::optional<Quantity> quantity_of_text(std::string_view text) {
  const std::size_t colon = text.find(':');
  const bool is_rate = text.starts_with("poisson:") || text.starts_with("constant:");
  if (colon != std::string_view::npos) text.remove_prefix(colon + 1);
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  const auto suffix = std::ranges::find(kSuffixes, text, &Suffix::text);
  if (suffix == kSuffixes.end()) return std::nullopt;
  return Quantity{number * suffix->factor, std::string(is_rate ? "/s" : suffix->unit)};
}

// The group without one of its parameters, and that parameter's value.
struct Along {
  std::string others;
  std::optional<Quantity> at;
};

Along along(const Group& group, std::string_view parameter) {
  const result::Cell& cell = *group.cells.front();
  Along result{.others = cell.workload, .at = std::nullopt};
  for (const auto& [name, value] : cell.parameters) {
    if (name == parameter) {
      result.at = quantity_of(value);
    } else {
      std::visit(
          [&, &named = name](const auto& v) { result.others += fmt::format("/{}:{}", named, v); },
          value);
    }
  }
  return result;
}

Sweep sweep_from(const std::vector<Group>& groups, std::size_t first, std::string_view parameter) {
  const Along start = along(groups[first], parameter);
  Sweep sweep{.parameter = std::string(parameter), .unit = "", .name = start.others, .points = {}};
  if (!start.at) return sweep;
  sweep.unit = start.at->unit;
  if (sweep.unit == "/s" && parameter == kArrivals) sweep.parameter = "rate";
  for (std::size_t i = first; i < groups.size(); ++i) {
    const Along other = along(groups[i], parameter);
    if (other.others == start.others && other.at && other.at->unit == sweep.unit) {
      sweep.points.push_back({other.at->value, i});
    }
  }
  std::ranges::stable_sort(sweep.points, {}, &SweepPoint::value);
  return sweep;
}

}  // namespace

std::optional<Quantity> quantity_of(const result::Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    return Quantity{static_cast<double>(*number), ""};
  }
  if (const auto* number = std::get_if<double>(&value)) return Quantity{*number, ""};
  if (const auto* text = std::get_if<std::string>(&value)) return quantity_of_text(*text);
  return std::nullopt;
}

std::vector<Sweep> sweeps_of(const std::vector<Group>& groups) {
  std::vector<Sweep> sweeps;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    for (const auto& [parameter, value] : groups[i].cells.front()->parameters) {
      Sweep sweep = sweep_from(groups, i, parameter);
      const bool is_known = std::ranges::any_of(sweeps, [&](const Sweep& known) {
        return known.parameter == sweep.parameter && known.name == sweep.name &&
               known.unit == sweep.unit;
      });
      if (sweep.points.size() > 1 && !is_known) sweeps.push_back(std::move(sweep));
    }
  }
  return sweeps;
}

}  // namespace asyncbench::analyze
