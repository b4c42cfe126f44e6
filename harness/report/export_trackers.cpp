// The formats of services that keep a history of medians: github-action-benchmark and Bencher.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "report/export_parts.hpp"
#include "report/location_json.hpp"

namespace asyncbench::report {
namespace {

using result::Cell;
using result::Estimate;

// The longest names that Bencher takes, in characters.
constexpr std::size_t kBenchmarkNameMax = 1024;
constexpr std::size_t kMeasureNameMax = 64;

std::string interval_text(const Estimate& estimate) {
  switch (estimate.interval) {
    case result::IntervalKind::sign_95:
      return "95 % interval";
    case result::IntervalKind::range:
      return "range";
    case result::IntervalKind::single:
      return "";
  }
  return "";
}

// "6 trials, 95 % interval [1, 2]; a lower bound: ...".
std::string extra_text(const Estimate& estimate) {
  std::string text = fmt::format("{} trial{}", estimate.trials, estimate.trials == 1 ? "" : "s");
  if (estimate.interval != result::IntervalKind::single) {
    text += fmt::format("\n{} [{}, {}]", interval_text(estimate), estimate.low, estimate.high);
  }
  if (estimate.at_least) text += "\nat least: the true value may be higher";
  if (estimate.unresolved) text += "\nunresolved: too few requests a trial for this percentile";
  return text;
}

// "service-time-p99-ns", in the way of Bencher's slugs.
std::string measure_name(std::string_view name) {
  if (name == analyze::kThroughput) return "throughput";
  std::string slug(name);
  std::ranges::replace(slug, '_', '-');
  return slug;
}

}  // namespace

Exported github_action_benchmark(const result::Result& result, Direction direction) {
  Exported exported;
  Json entries = Json::array();
  std::set<std::string_view> unclear;
  for (const Cell* cell : measured_cells(result, exported)) {
    for (const auto& [figure, estimate] : figures_across(*cell)) {
      if (!figure.higher_is_better) unclear.insert(figure.name);
      if (figure.higher_is_better != (direction == Direction::bigger_is_better)) continue;
      Json entry = {{"name", fmt::format("{} {}", cell->id, figure.name)},
                    {"unit", analyze::info_of(figure.unit).symbol},
                    {"value", estimate.median}};
      if (estimate.interval != result::IntervalKind::single) {
        entry["range"] = fmt::format(
            "± {}", std::max(estimate.high - estimate.median, estimate.median - estimate.low));
      }
      entry["extra"] = extra_text(estimate);
      entries.push_back(std::move(entry));
    }
  }
  for (const std::string_view name : unclear) {
    exported.left_out.push_back(
        fmt::format("figure {}: whether more of it is better is not known", name));
  }
  exported.text = text_of(entries);
  return exported;
}

Exported bencher(const result::Result& result) {
  Exported exported;
  Json benchmarks = Json::object();
  for (const Cell* cell : measured_cells(result, exported)) {
    if (cell->id.size() > kBenchmarkNameMax) {
      exported.left_out.push_back(fmt::format("{}: Bencher takes names of at most {} characters",
                                              cell->id, kBenchmarkNameMax));
      continue;
    }
    Json measures = Json::object();
    for (const auto& [figure, estimate] : figures_across(*cell)) {
      const std::string name = measure_name(figure.name);
      if (name.size() > kMeasureNameMax) {
        exported.left_out.push_back(
            fmt::format("{}: figure {}: Bencher takes measures of at most {} characters", cell->id,
                        figure.name, kMeasureNameMax));
        continue;
      }
      Json& measure = measures[name] = {{"value", estimate.median}};
      if (estimate.interval != result::IntervalKind::single) {
        measure["lower_value"] = estimate.low;
        measure["upper_value"] = estimate.high;
      }
    }
    if (!measures.empty()) benchmarks[cell->id] = std::move(measures);
  }
  exported.text = text_of(benchmarks);
  return exported;
}

}  // namespace asyncbench::report
