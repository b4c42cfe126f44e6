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
    name += fmt::format("/{}={}", percent_encoded(key, "/="), percent_encoded(text_of(value), "/"));
  }
  const std::size_t dash = name.find_last_not_of("0123456789");
  if (dash + 1 < name.size() && name[dash] == '-') name.replace(dash, 1, "%2D");
  return name;
}

// Units are words that say what they measure; benchstat scales those with a part `ns` to seconds,
// and bytes where a part is `B`.
std::string unit_of(std::string_view name) {
  const auto [what, unit] = split_unit(name);
  std::string word = percent_encoded(what, "");
  std::ranges::replace(word, '_', '-');
  if (name == "throughput_per_s") return "req/s";
  if (name == "cpu_per_request_ns") return "cpu-ns/req";
  if (unit == "ns") return word + "-ns";
  if (unit == "bytes") return word + "-B";
  if (unit == "bytes_per_s") return word + "-B/s";
  if (unit == "per_s") return word + "/s";
  if (unit == "share") return word + "-share";
  if (word.ends_with("-per-request")) {
    return word.replace(word.size() - std::string_view("-per-request").size(), word.npos, "/req");
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
    for (const result::Trial* trial : valid_trials(*cell)) {
      std::string values;
      for (const TrialFigure& figure : figures_within(*trial)) {
        const std::string unit = unit_of(figure.name);
        values += fmt::format(" {} {}", figure.value, unit);
        if (figure.at_least) bounded.insert(unit);
        const auto is_higher_better = higher_is_better(figure.name);
        if (!is_higher_better) continue;
        std::string line =
            fmt::format("Unit {} better={}", unit, *is_higher_better ? "higher" : "lower");
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
  // Lines that are none of the format's are comments. Configuration lines name what makes results
  // incomparable, and nothing else: benchstat puts results that differ in one into other tables.
  std::string& text = exported.text;
  text = fmt::format("# asyncbench {}, run {}, {}\n", printable(result.run.version),
                     printable(result.run.id), printable(result.run.started));
  text += bounds;
  for (const char* fact : {"cpu", "kernel"}) {
    const std::string value = printable(fact_of(result, fact));
    if (!value.empty()) text += fmt::format("{}: {}\n", fact, value);
  }
  for (const std::string& unit : units) text += unit + '\n';
  text += lines;
  return exported;
}

}  // namespace asyncbench::report
