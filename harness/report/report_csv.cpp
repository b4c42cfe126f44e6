#include "report/report_csv.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "report/export_parts.hpp"
#include "report/format.hpp"

namespace asyncbench::report {
namespace {

using result::Cell;
using result::Estimate;

std::string field(std::string_view foreign) {
  std::string text = printable(foreign);
  // Spreadsheets run what begins like this. Source: OWASP, CSV Injection.
  if (!text.empty() && std::string_view("=+-@").find(text[0]) != std::string_view::npos) {
    text.insert(0, 1, '\'');
  }
  if (text.find_first_of("\",\r\n") == text.npos) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

class Line {
 public:
  void put(std::string_view field) {
    if (!is_first_) text_ += ',';
    is_first_ = false;
    text_ += field;
  }
  std::string end() { return std::move(text_) + "\r\n"; }

 private:
  std::string text_;
  bool is_first_ = true;
};

void add(std::vector<std::string>& names, const std::string& name) {
  if (std::ranges::find(names, name) == names.end()) names.push_back(name);
}

void put_figure(Line& line, const Estimate* estimate) {
  if (estimate == nullptr) {
    for (int i = 0; i < 5; ++i) line.put("");
    return;
  }
  for (const double value : {estimate->median, estimate->low, estimate->high}) {
    line.put(fmt::format("{}", value));
  }
  line.put(fmt::format("{}", estimate->trials));
  line.put(estimate->at_least ? "at_least" : estimate->unresolved ? "unresolved" : "");
}

// The figures that some cell has: those of the result in its order, then the others by name.
std::vector<std::string> columns_of(const std::vector<std::vector<CellFigure>>& cells) {
  std::vector<std::string> found;
  for (const auto& figures : cells) {
    for (const CellFigure& one : figures) add(found, std::string(one.figure.name));
  }
  std::ranges::sort(found, {}, [](const std::string& name) {
    const auto* const field = std::ranges::find(result::kSummaryFields, name);
    return std::pair(field - result::kSummaryFields.begin(), name);
  });
  return found;
}

}  // namespace

std::string csv(const result::Result& result) {
  std::vector<std::string> parameters;
  std::vector<std::vector<CellFigure>> figures;
  for (const Cell& cell : result.cells) {
    for (const auto& [name, value] : cell.parameters) add(parameters, name);
    figures.push_back(figures_across(cell));
  }
  const std::vector<std::string> columns = columns_of(figures);

  Line head;
  for (const char* name : {"cell", "workload", "strategy"}) head.put(name);
  for (const std::string& name : parameters) head.put(field("parameter_" + name));
  for (const char* name : {"status", "reason", "trials_valid", "trials_timed"}) head.put(name);
  for (const std::string& name : columns) {
    for (const char* part : {"", "_low", "_high", "_trials", "_bound"})
      head.put(field(name + part));
  }
  std::string out = head.end();
  for (std::size_t i = 0; i < result.cells.size(); ++i) {
    const Cell& cell = result.cells[i];
    Line line;
    line.put(field(cell.id));
    line.put(field(cell.workload));
    line.put(field(cell.strategy));
    for (const std::string& name : parameters) {
      const result::Value* value = result::find(cell.parameters, name);
      const bool is_text = value && std::holds_alternative<std::string>(*value);
      line.put(value ? is_text ? field(result::text_of(*value)) : result::text_of(*value) : "");
    }
    line.put(status_of(cell));
    line.put(field(cell.reason));
    line.put(cell.summary ? fmt::format("{}", cell.summary->trials_valid) : "");
    line.put(cell.summary ? fmt::format("{}", cell.summary->trials_timed) : "");
    for (const std::string& name : columns) {
      const auto found = std::ranges::find(figures[i], name,
                                           [](const CellFigure& one) { return one.figure.name; });
      put_figure(line, found == figures[i].end() ? nullptr : &found->estimate);
    }
    out += line.end();
  }
  return out;
}

}  // namespace asyncbench::report
