#include "report/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <string_view>
#include <vector>

#include "analyze/comparison.hpp"
#include "analyze/notes.hpp"
#include "analyze/summary.hpp"
#include "report/figure_text.hpp"
#include "report/format.hpp"
#include "report/remarks.hpp"

namespace asyncbench::report {
namespace {

using analyze::Figure;
using analyze::Group;
using result::Cell;
using result::Estimate;

std::string value_text(const Estimate* estimate, const Figure& column) {
  return estimate_text(estimate, column.unit, number_text);
}

class Writer {
 public:
  explicit Writer(const Terminal& terminal) : terminal_(terminal) {}

  void group(const Group& group, const analyze::GroupComparison& comparison) {
    const analyze::FigureName ranking = comparison.figures.front();
    std::vector<const Cell*> cells;
    for (const analyze::Standing& standing : comparison.standings) {
      if (standing.cell->status == result::CellStatus::measured && standing.cell->summary) {
        cells.push_back(standing.cell);
      }
    }
    out_ += wrapped(
        fmt::format("{} (best first by {})", heading(group), analyze::info_of(ranking).title()), "",
        terminal_.width);
    if (!cells.empty()) blocks(group, cells);
    for (const Cell* cell : group.cells) {
      if (cell->status == result::CellStatus::measured && cell->summary) continue;
      const std::string_view state = cell->status == result::CellStatus::unsupported ? "unsupported"
                                     : cell->status == result::CellStatus::failed    ? "failed"
                                                                                  : "not measured";
      out_ += wrapped(
          printable(fmt::format("{}{}", state, cell->reason.empty() ? "" : ": " + cell->reason)),
          fmt::format("{:<{}}", printable(cell->strategy), name_width(group) + 2), terminal_.width);
    }
    out_ += '\n';
  }

  void notes(const result::Result& result) {
    const std::vector<Remark> remarks = remarks_of(result);
    for (const Remark& remark : remarks) {
      out_ += wrapped(printable(remark.text), "- ", terminal_.width);
      for (const std::string& detail : remark.details) {
        out_ += wrapped(printable(detail), "    ", terminal_.width);
      }
    }
    if (!remarks.empty()) out_ += '\n';
  }

  void legend(const result::Result& result) {
    std::string text =
        "Medians of the trials; \u00b1 is the farther end of the 95 % interval. CPU us, ctx sw and "
        "syscall are per request, of the side under test.";
    const auto any = [&](bool Estimate::*flag) {
      return std::ranges::any_of(result.cells, [&](const Cell& cell) {
        return cell.summary && std::ranges::any_of(cell.summary->figures, [&](const auto& figure) {
                 return figure.second.*flag;
               });
      });
    };
    if (any(&Estimate::unresolved)) {
      text += " ?: unresolved, too few requests in a trial for this percentile.";
    }
    if (any(&Estimate::at_least)) text += " >=: at least; the true value may be higher.";
    out_ += wrapped(text, "", terminal_.width);
  }

  void machine(const result::Result& result) {
    out_ += wrapped(printable(machine_text(result)), "", terminal_.width);
  }

  std::string take() { return std::move(out_); }

 private:
  static std::string heading(const Group& group) {
    const Cell& cell = *group.cells.front();
    std::string text = cell.workload;
    for (const auto& [name, value] : cell.parameters) {
      text += fmt::format("  {} {}", name, result::text_of(value));
    }
    return printable(text);
  }

  static std::size_t name_width(const Group& group) {
    std::size_t width = 8;
    for (const Cell* cell : group.cells) {
      width = std::max(width, display_width(printable(cell->strategy)));
    }
    return width;
  }

  // The columns in as many blocks as the width demands.
  void blocks(const Group& group, const std::vector<const Cell*>& cells) {
    const std::vector<Figure> columns = columns_of(group);
    const std::size_t names = name_width(group);
    std::vector<std::size_t> widths;
    for (const Figure& column : columns) {
      std::size_t width = display_width(column.terminal_title());
      for (const Cell* cell : cells) {
        const Estimate* const estimate = cell->find(column.name);
        width = std::max({width, display_width(value_text(estimate, column)),
                          display_width(spread_text(estimate, column.unit))});
      }
      widths.push_back(width);
    }
    // One space between columns when that saves a second block.
    const std::size_t text = std::accumulate(widths.begin(), widths.end(), names);
    gap_ = text + 2 * columns.size() <= terminal_.width ? 2 : 1;
    for (std::size_t first = 0; first < columns.size();) {
      std::size_t last = first;
      std::size_t used = names;
      while (last < columns.size() &&
             (last == first || used + gap_ + widths[last] <= terminal_.width)) {
        used += gap_ + widths[last++];
      }
      if (first > 0) out_ += '\n';
      block(cells, columns, widths, names, first, last);
      first = last;
    }
  }

  void block(const std::vector<const Cell*>& cells, const std::vector<Figure>& columns,
             const std::vector<std::size_t>& widths, std::size_t names, std::size_t first,
             std::size_t last) {
    const auto line = [&](std::string_view name, auto&& text_of, Color color) {
      std::string row = fmt::format("{:<{}}", name, names);
      for (std::size_t i = first; i < last; ++i) {
        row += fmt::format("{:>{}}", text_of(i), widths[i] + gap_);
      }
      row.erase(row.find_last_not_of(' ') + 1);
      if (row.empty()) return;
      out_ += terminal_.paint(row, color) + '\n';
    };
    line(
        "strategy", [&](std::size_t i) { return columns[i].terminal_title(); }, Color::none);
    for (const Cell* cell : cells) {
      const auto figure = [&](std::size_t i) { return cell->find(columns[i].name); };
      line(
          printable(cell->strategy),
          [&](std::size_t i) { return value_text(figure(i), columns[i]); },
          cell == cells.front() && cells.size() > 1 ? Color::bold : Color::none);
      line(
          "", [&](std::size_t i) { return spread_text(figure(i), columns[i].unit); }, Color::dim);
    }
  }

  Terminal terminal_;
  std::size_t gap_ = 2;  // between columns
  std::string out_;
};

}  // namespace

std::string table(const result::Result& result, const Terminal& terminal) {
  Writer writer(terminal);
  const std::vector<Group> groups = analyze::groups_of(result);
  const analyze::Comparison comparison = analyze::compare_strategies(result);
  for (std::size_t i = 0; i < groups.size(); ++i) writer.group(groups[i], comparison.groups[i]);
  writer.notes(result);
  writer.legend(result);
  writer.machine(result);
  return writer.take();
}

}  // namespace asyncbench::report
