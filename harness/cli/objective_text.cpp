#include "cli/objective_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "cli/comparison_text.hpp"
#include "workloads/names.hpp"
#include "workloads/values.hpp"

namespace asyncbench::cli {
namespace {

using analyze::Aspect;
using analyze::Criterion;
using workloads::UsageError;

struct Known {
  std::string_view name;
  Aspect aspect;
  double percent;
  bool from_below;
  std::string_view example;
};

constexpr std::array<Known, 7> kKnown = {{
    {"p50", Aspect::response_time, 50, false, "p50<1ms"},
    {"p90", Aspect::response_time, 90, false, "p90<2ms"},
    {"p99", Aspect::response_time, 99, false, "p99<5ms"},
    {"p99.9", Aspect::response_time, 99.9, false, "p99.9<20ms"},
    {"errors", Aspect::error_share, 0, false, "errors<0.1%"},
    {"achieved", Aspect::achieved_share, 0, true, "achieved>=98%"},
    {"cpu", Aspect::cpu_share, 0, false, "cpu<80%"},
}};

const Known& known(std::string_view name) {
  const auto found = std::ranges::find(kKnown, name, &Known::name);
  if (found != kKnown.end()) return *found;
  std::vector<std::string> names;
  for (const Known& one : kKnown) names.emplace_back(one.name);
  throw UsageError(workloads::unknown_name("figure", name, names));
}

double limit_of(const Known& figure, std::string_view text) {
  if (figure.aspect == Aspect::response_time) {
    const double ns = static_cast<double>(workloads::parse_duration(text).count());
    if (ns <= 0) workloads::refuse_value(text, "a time above 0");
    return ns;
  }
  return workloads::parse_share(text);
}

Criterion parse_criterion(std::string_view text) {
  const auto parts = split_comparison(text);
  if (!parts) {
    throw UsageError(fmt::format("\"{}\" is no criterion such as p99<5ms or errors<0.1%", text));
  }
  const Known& figure = known(parts->figure);
  if (parts->above != figure.from_below) {
    throw UsageError(fmt::format("\"{}\" bounds {} from the wrong side; for example {}", text,
                                 figure.name, figure.example));
  }
  const Criterion criterion{.aspect = figure.aspect,
                            .percent = figure.percent,
                            .limit = limit_of(figure, parts->limit),
                            .or_equal = parts->or_equal};
  if (!figure.from_below && criterion.limit == 0 && !criterion.or_equal) {
    throw UsageError(fmt::format("\"{}\" can never hold; did you mean {}<=0?", text, figure.name));
  }
  return criterion;
}

}  // namespace

analyze::Objective parse_objective(std::string_view text) {
  std::vector<Criterion> criteria;
  for (const std::string_view part : workloads::split(text, ',')) {
    if (!trimmed(part).empty()) criteria.push_back(parse_criterion(trimmed(part)));
  }
  if (criteria.empty()) throw UsageError("no criterion; for example p99<5ms,errors<0.1%");
  return analyze::Objective(std::move(criteria));
}

}  // namespace asyncbench::cli
