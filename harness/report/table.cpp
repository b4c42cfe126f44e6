#include "report/table.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iterator>
#include <limits>
#include <numeric>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "analyze/notes.hpp"
#include "analyze/ranking.hpp"
#include "analyze/summary.hpp"
#include "report/format.hpp"

namespace asyncbench::report {
namespace {

using analyze::Group;
using result::Cell;
using result::Estimate;
using result::Summary;

using Member = std::optional<Estimate> Summary::*;

// A figure of a summary: one that every workload has, or one of the workload's own by its name.
struct Column {
  std::string title;
  Member figure = nullptr;
  std::string own;
  std::string (*format)(double) = format_number;

  std::optional<Estimate> of(const Summary& summary) const {
    if (figure != nullptr) return summary.*figure;
    const auto found = summary.figures.find(own);
    return found == summary.figures.end() ? std::nullopt : std::optional(found->second);
  }
};

std::string microseconds(double ns) { return format_number(ns / 1e3); }

// "heartbeat_lag_p99_ns" is shown as a duration under "heartbeat lag p99".
Column own_column(const std::string& name) {
  struct Unit {
    std::string_view suffix;
    std::string_view shown;
    std::string (*format)(double);
  };
  static constexpr std::array kUnits = {
      Unit{"_bytes_per_s", " B/s", format_bytes}, Unit{"_per_s", "/s", format_count},
      Unit{"_bytes", "", format_bytes}, Unit{"_ns", "", format_duration_ns}};
  Column column{.title = name, .own = name};
  for (const Unit& unit : kUnits) {
    if (!name.ends_with(unit.suffix)) continue;
    column.title.replace(name.size() - unit.suffix.size(), std::string::npos, unit.shown);
    column.format = unit.format;
    break;
  }
  std::ranges::replace(column.title, '_', ' ');
  return column;
}

std::vector<Column> own_columns(const Group& group) {
  std::set<std::string> names;
  for (const Cell* cell : group.cells) {
    if (!cell->summary) continue;
    for (const auto& [name, estimate] : cell->summary->figures) names.insert(name);
  }
  std::vector<Column> columns;
  for (const std::string& name : names) columns.push_back(own_column(name));
  return columns;
}

std::vector<Column> columns_of(const Group& group) {
  const auto common = [](const char* title, Member figure, std::string (*format)(double)) {
    return Column{.title = title, .figure = figure, .format = format};
  };
  std::vector<Column> columns = {
      common("req/s", &Summary::throughput_per_s, format_count),
      common("p50", &Summary::service_time_p50_ns, format_duration_ns),
      common("p99", &Summary::service_time_p99_ns, format_duration_ns),
      common("p99.9", &Summary::service_time_p99_9_ns, format_duration_ns),
      common("CPU us", &Summary::cpu_per_request_ns, microseconds),
      common("ctx sw", &Summary::context_switches_per_request, format_number),
      common("syscall", &Summary::syscalls_per_request, format_number),
  };
  if (analyze::is_open_loop(group)) {
    columns[1] = common("resp p50", &Summary::response_time_p50_ns, format_duration_ns);
    columns[2] = common("resp p99", &Summary::response_time_p99_ns, format_duration_ns);
    columns[3] = common("r p99.9", &Summary::response_time_p99_9_ns, format_duration_ns);
  }
  if (analyze::any_has(group, analyze::kPeersDiffer)) {
    columns.insert(columns.begin() + 5,
                   common("total us", &Summary::cpu_per_request_total_ns, microseconds));
  }
  std::ranges::move(own_columns(group), std::back_inserter(columns));
  return columns;
}

std::string value_text(const std::optional<Estimate>& figure, const Column& column) {
  if (!figure) return "-";
  return fmt::format("{}{}{}", figure->at_least ? ">=" : "", column.format(figure->median),
                     figure->unresolved ? "?" : "");
}

// The farther end of the interval, as a share of the median.
std::string spread_text(const std::optional<Estimate>& figure) {
  if (!figure || figure->interval == result::IntervalKind::single || figure->median == 0) return "";
  const double farther = std::max(figure->high - figure->median, figure->median - figure->low);
  return "\u00b1" + format_percent(farther / std::abs(figure->median));
}

class Writer {
 public:
  explicit Writer(const TableOptions& options) : options_(options) {}

  void group(const Group& group) {
    const analyze::Figure ranking = analyze::ranking_of(group);
    const auto cells = analyze::ranked(group, ranking);
    out_ += wrapped(
        fmt::format("{} (best first by {})", heading(group), analyze::info_of(ranking).title), "",
        options_.width);
    if (!cells.empty()) blocks(group, cells);
    for (const Cell* cell : group.cells) {
      if (cell->status == result::CellStatus::measured && cell->summary) continue;
      const std::string_view state = cell->status == result::CellStatus::unsupported ? "unsupported"
                                     : cell->status == result::CellStatus::failed    ? "failed"
                                                                                  : "not measured";
      out_ += wrapped(
          printable(fmt::format("{}{}", state, cell->reason.empty() ? "" : ": " + cell->reason)),
          fmt::format("{:<{}}", printable(cell->strategy), name_width(group) + 2), options_.width);
    }
    out_ += '\n';
  }

  void notes(const result::Result& result) {
    // One paragraph a code, the cells that have it below.
    std::vector<std::string_view> codes;
    for (const Cell& cell : result.cells) {
      if (!cell.summary) continue;
      for (const auto& note : cell.summary->notes) {
        if (std::ranges::find(codes, note.code) == codes.end()) codes.push_back(note.code);
      }
    }
    for (const auto& note : result.run.notes) {
      out_ +=
          wrapped(printable(fmt::format("{}: {}", note.code, note.detail)), "- ", options_.width);
    }
    for (const std::string_view code : codes) note(result, code);
    if (!codes.empty() || !result.run.notes.empty()) out_ += '\n';
  }

  void legend(const result::Result& result) {
    std::string text =
        "Medians of the trials; \u00b1 is the farther end of the 95 % interval. CPU us, ctx sw and "
        "syscall are per request, of the side under test.";
    const auto any = [&](bool Estimate::*flag) {
      return std::ranges::any_of(result.cells, [&](const Cell& cell) {
        return cell.summary && std::ranges::any_of(kFlagged, [&](Member member) {
                 const auto& figure = (*cell.summary).*member;
                 return figure && (*figure).*flag;
               });
      });
    };
    if (any(&Estimate::unresolved)) {
      text += " ?: unresolved, too few requests in a trial for this percentile.";
    }
    if (any(&Estimate::at_least)) text += " >=: at least; the true value may be higher.";
    out_ += wrapped(text, "", options_.width);
  }

  void machine(const result::Result& result) {
    std::vector<std::string> parts;
    for (const std::string_view name : {"cpu", "cpus", "kernel"}) {
      const auto fact = std::ranges::find(result.environment.facts, name,
                                          [](const auto& pair) { return pair.first; });
      if (fact == result.environment.facts.end()) continue;
      if (const auto* text = std::get_if<std::string>(&fact->second)) parts.push_back(*text);
      if (const auto* number = std::get_if<std::int64_t>(&fact->second)) {
        parts.push_back(fmt::format("{} {}", *number, name));
      }
    }
    std::string text = fmt::format("{} trial{} of {} after {} of warm-up", result.plan.trials,
                                   result.plan.trials == 1 ? "" : "s",
                                   format_duration_ns(static_cast<double>(result.plan.window_ns)),
                                   format_duration_ns(static_cast<double>(result.plan.warm_up_ns)));
    if (!parts.empty()) text += fmt::format(" on {}", fmt::join(parts, ", "));
    if (!result.run.started.empty()) text += fmt::format("; {}", result.run.started);
    if (!result.run.complete) text += "; incomplete";
    out_ += wrapped(printable(text) + ".", "", options_.width);
  }

  std::string take() { return std::move(out_); }

 private:
  static constexpr std::array<Member, 7> kFlagged = {
      &Summary::throughput_per_s,      &Summary::service_time_p50_ns,
      &Summary::service_time_p99_ns,   &Summary::service_time_p99_9_ns,
      &Summary::response_time_p50_ns,  &Summary::response_time_p99_ns,
      &Summary::response_time_p99_9_ns};

  static std::string heading(const Group& group) {
    const Cell& cell = *group.cells.front();
    std::string text = cell.workload;
    for (const auto& [name, value] : cell.parameters) {
      std::visit([&](const auto& v) { text += fmt::format("  {} {}", name, v); }, value);
    }
    return printable(text);
  }

  // What tells a cell from the result's others: workload, strategy, and the parameters in which the
  // workload's cells differ.
  static std::string name_of(const result::Result& result, const Cell& cell) {
    std::string name = cell.workload + " " + cell.strategy;
    for (const auto& parameter : cell.parameters) {
      const bool is_shared = std::ranges::all_of(result.cells, [&](const Cell& other) {
        return other.workload != cell.workload ||
               std::ranges::find(other.parameters, parameter) != other.parameters.end();
      });
      if (is_shared) continue;
      std::visit([&](const auto& v) { name += fmt::format(" {} {}", parameter.first, v); },
                 parameter.second);
    }
    return name;
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
    const std::vector<Column> columns = columns_of(group);
    const std::size_t names = name_width(group);
    std::vector<std::size_t> widths;
    for (const Column& column : columns) {
      std::size_t width = display_width(column.title);
      for (const Cell* cell : cells) {
        const auto figure = column.of(*cell->summary);
        width = std::max(
            {width, display_width(value_text(figure, column)), display_width(spread_text(figure))});
      }
      widths.push_back(width);
    }
    // One space between columns when that saves a second block.
    const std::size_t text = std::accumulate(widths.begin(), widths.end(), names);
    gap_ = text + 2 * columns.size() <= options_.width ? 2 : 1;
    for (std::size_t first = 0; first < columns.size();) {
      std::size_t last = first;
      std::size_t used = names;
      while (last < columns.size() &&
             (last == first || used + gap_ + widths[last] <= options_.width)) {
        used += gap_ + widths[last++];
      }
      if (first > 0) out_ += '\n';
      block(cells, columns, widths, names, first, last);
      first = last;
    }
  }

  void block(const std::vector<const Cell*>& cells, const std::vector<Column>& columns,
             const std::vector<std::size_t>& widths, std::size_t names, std::size_t first,
             std::size_t last) {
    const auto line = [&](std::string_view name, auto&& text_of, const char* style) {
      std::string row = fmt::format("{:<{}}", name, names);
      for (std::size_t i = first; i < last; ++i) {
        row += fmt::format("{:>{}}", text_of(i), widths[i] + gap_);
      }
      row.erase(row.find_last_not_of(' ') + 1);
      if (row.empty()) return;
      out_ += options_.color && *style ? fmt::format("{}{}\033[0m\n", style, row) : row + '\n';
    };
    line(
        "strategy", [&](std::size_t i) { return columns[i].title; }, "");
    for (const Cell* cell : cells) {
      const auto figure = [&](std::size_t i) { return columns[i].of(*cell->summary); };
      line(
          printable(cell->strategy),
          [&](std::size_t i) { return value_text(figure(i), columns[i]); },
          cell == cells.front() && cells.size() > 1 ? "\033[1m" : "");
      line(
          "", [&](std::size_t i) { return spread_text(figure(i)); }, "\033[2m");
    }
  }

  void note(const result::Result& result, std::string_view code) {
    const analyze::NoteMeaning* meaning = analyze::meaning_of(code);
    out_ += wrapped(
        printable(meaning ? fmt::format("{}: {} {}", code, meaning->meaning, meaning->advice)
                          : std::string(code)),
        "- ", options_.width);
    // Where every cell says the same there is no need to name each.
    std::vector<std::pair<std::string, std::string>> details;  // cell, detail
    for (const Cell& cell : result.cells) {
      if (!cell.summary) continue;
      for (const auto& note : cell.summary->notes) {
        if (note.code == code) details.emplace_back(name_of(result, cell), note.detail);
      }
    }
    std::vector<std::string> said;
    for (const auto& [name, detail] : details) {
      if (code == analyze::kFewTrials || code == analyze::kPeersDiffer) continue;
      const std::string text = fmt::format("{}: {}", name, detail);
      if (std::ranges::find(said, text) != said.end()) continue;
      said.push_back(text);
      out_ += wrapped(printable(text), "    ", options_.width);
    }
  }

  const TableOptions& options_;
  std::size_t gap_ = 2;  // between columns
  std::string out_;
};

}  // namespace

std::string table(const result::Result& result, const TableOptions& options) {
  Writer writer(options);
  for (const Group& group : analyze::groups_of(result)) writer.group(group);
  writer.notes(result);
  writer.legend(result);
  writer.machine(result);
  return writer.take();
}

bool wants_color(int fd) {
  const char* const no_color = std::getenv("NO_COLOR");
  const char* const term = std::getenv("TERM");
  return ::isatty(fd) == 1 && !(no_color && *no_color) &&
         !(term && std::string_view(term) == "dumb");
}

}  // namespace asyncbench::report
