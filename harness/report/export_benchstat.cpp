#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "report/escape.hpp"
#include "report/export_parts.hpp"
#include "report/format.hpp"

namespace asyncbench::report {
namespace {

using result::Cell;

// benchstat reads `/key=value` in a name, and a number after a last `-` as GOMAXPROCS.
std::string name_of(const Cell& cell) {
  std::string name = percent_encoded(cell.workload, "/=");
  // The format wants no lower-case letter after "Benchmark".
  if (!name.empty()) name[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(name[0])));
  name = fmt::format("Benchmark{}/strategy={}", name, percent_encoded(cell.strategy, "/"));
  for (const auto& [key, value] : cell.parameters) {
    name += fmt::format("/{}={}", percent_encoded(key, "/="),
                        percent_encoded(result::text_of(value), "/"));
  }
  const std::size_t dash = name.find_last_not_of("0123456789");
  if (dash + 1 < name.size() && name[dash] == '-') name.replace(dash, 1, "%2D");
  return name;
}

// Units are words that say what they measure; benchstat scales those with a part `ns` to seconds,
// and bytes where a part is `B`.
std::string unit_of(const analyze::Figure& figure) {
  using analyze::Unit;
  if (figure.name == analyze::kThroughput) return "req/s";
  if (figure.name == analyze::kCpu) return "cpu-ns/req";
  constexpr std::string_view kPerRequest = "_per_request";
  std::string_view stem = figure.stem();
  const bool is_per_request = figure.unit == Unit::per_request && stem.ends_with(kPerRequest);
  if (is_per_request) stem.remove_suffix(kPerRequest.size());
  std::string word = percent_encoded(stem, "");
  std::ranges::replace(word, '_', '-');
  if (is_per_request) return word + "/req";
  switch (figure.unit) {
    case Unit::time:
    case Unit::cpu_time:
      return word + "-ns";
    case Unit::bytes:
      return word + "-B";
    case Unit::bytes_per_s:
      return word + "-B/s";
    case Unit::requests_per_s:
    case Unit::per_s:
      return word + "/s";
    case Unit::share:
      return word + "-share";
    case Unit::per_request:
    case Unit::ratio:
      break;
  }
  return word;
}

}  // namespace

Exported benchstat(const result::Result& result) {
  Exported exported;
  std::string lines;
  std::vector<std::string> units;
  std::string bounds;
  for (const Cell* cell : measured_cells(result, exported)) {
    std::set<std::string> bounded;
    for (const result::Trial* trial : cell->valid_trials()) {
      const analyze::TrialFigures figures = analyze::figures_of(*cell, *trial);
      std::string values;
      for (const auto& [figure, reading] : figures_within(figures)) {
        const std::string unit = unit_of(figure);
        values += fmt::format(" {} {}", reading.value, unit);
        if (reading.at_least) bounded.insert(unit);
        if (!figure.higher_is_better) continue;
        std::string line =
            fmt::format("Unit {} better={}", unit, *figure.higher_is_better ? "higher" : "lower");
        if (std::ranges::find(units, line) == units.end()) units.push_back(std::move(line));
      }
      if (values.empty()) continue;
      lines += fmt::format("{} {}{}\n", name_of(*cell), trial->ended(), values);
    }
    if (!bounded.empty()) {
      bounds += fmt::format("# {}: lower bounds in some trial: {}\n", printable(cell->id),
                            fmt::join(bounded, ", "));
    }
  }
  // Lines that are not of the format are comments. Configuration lines name what makes results
  // incomparable, and nothing else: benchstat puts results that differ in one into other tables.
  std::string& text = exported.text;
  text = fmt::format("# asyncbench {}, run {}, {}\n", printable(result.run.version),
                     printable(result.run.id), printable(result.run.started));
  text += bounds;
  for (const char* fact : {"cpu", "kernel"}) {
    const std::string value = printable(result.environment.text_of(fact));
    if (!value.empty()) text += fmt::format("{}: {}\n", fact, value);
  }
  for (const std::string& unit : units) text += unit + '\n';
  text += lines;
  return exported;
}

}  // namespace asyncbench::report
