#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <functional>
#include <map>
#include <set>

#include "report/export_parts.hpp"
#include "report/format.hpp"

namespace asyncbench::report {
namespace {

using result::Cell;

// The name of a metric or label: letters, digits and `_`, no digit first.
std::string identifier(std::string_view text) {
  std::string name;
  for (const char c : text) {
    const bool is_allowed = std::isalnum(static_cast<unsigned char>(c)) && (c & 0x80) == 0;
    name += is_allowed ? c : '_';
  }
  if (name.empty() || std::isdigit(static_cast<unsigned char>(name[0]))) name.insert(0, 1, '_');
  return name;
}

// A line feed is the one control character that the format can hold.
std::string label_value(std::string_view text) {
  std::string escaped;
  for (;;) {
    const std::size_t feed = text.find('\n');
    for (const char c : printable(text.substr(0, feed))) {
      if (c == '\\' || c == '"') escaped += '\\';
      escaped += c;
    }
    if (feed == std::string_view::npos) return escaped;
    escaped += "\\n";
    text.remove_prefix(feed + 1);
  }
}

// A family's name ends with its unit; base units alone are allowed.
struct Family {
  std::string name;
  std::string unit;  // empty: none
  double divisor = 1;
};

Family family_of(const analyze::Figure& figure) {
  using analyze::Unit;
  const auto family = [&](const char* base, double divisor = 1) {
    return Family{fmt::format("asyncbench_{}_{}", identifier(figure.stem()), base), base, divisor};
  };
  switch (figure.unit) {
    case Unit::requests_per_s:
      return family("requests_per_second");
    case Unit::per_s:
      return family("per_second");
    case Unit::bytes_per_s:
      return family("bytes_per_second");
    case Unit::bytes:
      return family("bytes");
    case Unit::time:
    case Unit::cpu_time:
      return family("seconds", 1e9);
    case Unit::share:
      return family("ratio");
    case Unit::per_request:
    case Unit::ratio:
      break;
  }
  return {fmt::format("asyncbench_{}", identifier(figure.name)), "", 1};
}

class Writer {
 public:
  void family(const Family& family, std::string_view help) {
    text_ += fmt::format("# HELP {} {}\n# TYPE {} gauge\n", family.name, help, family.name);
    if (!family.unit.empty()) text_ += fmt::format("# UNIT {} {}\n", family.name, family.unit);
  }

  // Labels are written: `name="value",...`.
  void sample(const Family& family, const std::string& labels, double value) {
    text_ += fmt::format("{}{{{}}} {}\n", family.name, labels, value);
  }

  std::string take() { return std::move(text_) + "# EOF\n"; }

 private:
  std::string text_;
};

std::string labels_of(const Cell& cell) {
  std::set<std::string> names = {"cell", "workload", "strategy", "estimate", "figure", "status"};
  std::string text =
      fmt::format("cell=\"{}\",workload=\"{}\",strategy=\"{}\"", label_value(cell.id),
                  label_value(cell.workload), label_value(cell.strategy));
  for (const auto& [parameter, value] : cell.parameters) {
    std::string name = identifier(parameter);
    while (!names.insert(name).second) name += '_';
    text += fmt::format(",{}=\"{}\"", name, label_value(result::text_of(value)));
  }
  return text;
}

void put_run(Writer& writer, const result::Result& result) {
  const Family family{.name = "asyncbench_run_info"};
  writer.family(family, "The run that all of these figures come from.");
  std::string labels =
      fmt::format("run=\"{}\",version=\"{}\",started=\"{}\"", label_value(result.run.id),
                  label_value(result.run.version), label_value(result.run.started));
  for (const char* fact : {"cpu", "kernel", "git_commit"}) {
    if (const std::string value = result.environment.text_of(fact); !value.empty()) {
      labels += fmt::format(",{}=\"{}\"", fact, label_value(value));
    }
  }
  writer.sample(family, labels, 1);
}

// Whether each cell was measured, by what came of it.
void put_states(Writer& writer, const result::Result& result) {
  if (result.cells.empty()) return;
  const Family status{.name = "asyncbench_cell_status"};
  writer.family(status, "1 with what came of the cell: measured, unsupported, failed or invalid.");
  for (const Cell& cell : result.cells) {
    writer.sample(status, fmt::format("{},status=\"{}\"", labels_of(cell), status_of(cell)), 1);
  }
  const Family trials{.name = "asyncbench_trials_valid"};
  writer.family(trials, "Valid timed trials.");
  for (const Cell& cell : result.cells) {
    writer.sample(trials, labels_of(cell), static_cast<double>(cell.valid_trials().size()));
  }
}

}  // namespace

Exported openmetrics(const result::Result& result) {
  Exported exported;
  Writer writer;
  put_run(writer, result);
  put_states(writer, result);

  // The samples of a family stand together.
  std::vector<analyze::Figure> figures;
  std::map<std::string_view, std::vector<std::pair<const Cell*, result::Estimate>>> by_name;
  std::vector<std::pair<const Cell*, std::string_view>> bounds;
  for (const Cell& cell : result.cells) {
    for (const auto& [figure, estimate] : figures_across(cell)) {
      auto& samples = by_name[figure.name];
      if (samples.empty()) figures.push_back(figure);
      samples.emplace_back(&cell, estimate);
      if (estimate.at_least) bounds.emplace_back(&cell, figure.name);
    }
  }
  std::set<std::string> families;
  for (const analyze::Figure& figure : figures) {
    const Family family = family_of(figure);
    if (!families.insert(family.name).second) {
      exported.left_out.push_back(
          fmt::format("figure {}: another one has the name {}", figure.name, family.name));
      continue;
    }
    writer.family(family, fmt::format("{} across trials: median, and low and high of its interval.",
                                      family.name.substr(std::string_view("asyncbench_").size())));
    for (const auto& [cell, estimate] : by_name[figure.name]) {
      const std::string labels = labels_of(*cell);
      const auto put = [&](const char* which, double value) {
        writer.sample(family, fmt::format("{},estimate=\"{}\"", labels, which),
                      value / family.divisor);
      };
      put("median", estimate.median);
      if (estimate.interval == result::IntervalKind::single) continue;
      put("low", estimate.low);
      put("high", estimate.high);
    }
  }
  if (!bounds.empty()) {
    const Family family{.name = "asyncbench_at_least"};
    writer.family(family, "1 for a figure whose true value is at least the one given.");
    for (const auto& [cell, figure] : bounds) {
      writer.sample(family, fmt::format("{},figure=\"{}\"", labels_of(*cell), label_value(figure)),
                    1);
    }
  }
  exported.text = writer.take();
  return exported;
}

}  // namespace asyncbench::report
