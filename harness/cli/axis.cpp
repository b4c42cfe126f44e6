#include "cli/axis.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>
#include <vector>

namespace asyncbench::cli {
namespace {

using workloads::ParameterInfo;
using workloads::ValueKind;

bool has_range(const ParameterInfo& info) {
  switch (info.kind) {
    case ValueKind::count:
    case ValueKind::size:
    case ValueKind::duration:
    case ValueKind::delay:
      return true;
    default:
      return false;
  }
}

std::int64_t parse_value(ValueKind kind, std::string_view text) {
  if (kind == ValueKind::count) return static_cast<std::int64_t>(workloads::parse_count(text));
  if (kind == ValueKind::size) return static_cast<std::int64_t>(workloads::parse_size(text));
  return workloads::parse_duration(text).count();
}

}  // namespace

Axis parse_axis(const std::string& text, const workloads::Workload& workload) {
  constexpr std::string_view kForm = "PARAMETER=LO..HI, for example connections=1..1024";
  const std::size_t equals = text.find('=');
  const std::size_t dots = text.find("..", equals == std::string::npos ? 0 : equals);
  if (equals == std::string::npos || dots == std::string::npos)
    workloads::refuse_value(text, kForm);
  std::string name = text.substr(0, equals);
  std::ranges::replace(name, '-', '_');

  std::vector<std::string> names;
  for (const ParameterInfo& info : workload.info().parameters) {
    if (has_range(info)) names.emplace_back(info.name);
  }
  if (std::ranges::find(names, name) == names.end()) {
    throw workloads::UsageError(
        fmt::format("{} has no parameter {} with a range of values; it has {}",
                    workload.info().name, name, fmt::join(names, ", ")));
  }
  Axis axis{.parameter = name,
            .kind = workloads::find_parameter(workload.info().parameters, name)->kind};
  std::string_view low = std::string_view(text).substr(equals + 1, dots - equals - 1);
  std::string_view high = std::string_view(text).substr(dots + 2);
  if (axis.kind == ValueKind::delay && low.starts_with("exp:")) {
    axis.exponential = true;
    low.remove_prefix(4);
    if (high.starts_with("exp:")) high.remove_prefix(4);
  }
  axis.low = parse_value(axis.kind, low);
  axis.high = parse_value(axis.kind, high);
  if (axis.low >= axis.high) {
    workloads::refuse_value(text, "a range: two different values are needed, the lower one first");
  }
  workloads::Parameters parameters(workload.info().parameters);
  parameters.put(name, axis.at(axis.low));
  parameters.put(name, axis.at(axis.high));
  return axis;
}

workloads::ParameterValue Axis::at(std::int64_t value) const {
  if (kind == ValueKind::count || kind == ValueKind::size) return static_cast<std::uint64_t>(value);
  if (kind == ValueKind::duration) return Duration{value};
  return workloads::Delay{.mean = Duration{value}, .exponential = exponential};
}

}  // namespace asyncbench::cli
