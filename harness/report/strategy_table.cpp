#include "report/strategy_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <vector>

#include "analyze/figures.hpp"
#include "report/contrast_text.hpp"
#include "report/figure_text.hpp"
#include "report/forest.hpp"
#include "report/format.hpp"

namespace asyncbench::report {
namespace {

using analyze::Contrast;
using analyze::Decision;
using analyze::Figure;
using analyze::GroupComparison;
using analyze::Standing;

Color color_of(Decision decision) {
  if (is_better(decision)) return Color::good;
  return is_worse(decision) ? Color::bad : Color::none;
}

// Text in a cell of the table, and how to paint it.
struct Field {
  std::string text;
  Color color = Color::none;
};

struct Column {
  std::string title;
  std::vector<Field> fields;  // one a measured strategy
  bool left = false;          // aligned to the left

  std::size_t width() const {
    std::size_t width = display_width(title);
    for (const Field& field : fields) width = std::max(width, display_width(field.text));
    return width;
  }
};

std::string padded(std::string_view text, std::size_t width, bool left) {
  const std::size_t used = display_width(text);
  const std::string space(width > used ? width - used : 0, ' ');
  return left ? std::string(text) + space : space + std::string(text);
}

class Table {
 public:
  Table(const GroupComparison& group, double margin, const Terminal& terminal)
      : group_(group), margin_(margin), terminal_(terminal) {
    for (const Standing& standing : group.standings) {
      names_ = std::max(names_, display_width(printable(standing.cell->strategy)));
      if (standing.tier) measured_.push_back(&standing);
    }
  }

  std::string with_figures(const std::string& title) {
    if (measured_.empty()) return wrapped(title, "", terminal_.width) + unmeasured();
    if (measured_.size() == 1) return alone(title);
    const Column ratio = ratio_column();
    // The gap before it, and the least forest with its own.
    const std::size_t beside = 2 + ratio.width() + 1 + kForestLeast;
    const std::size_t room = terminal_.width - std::min(terminal_.width, names_ + beside);
    std::vector<Column> columns = chosen_columns(room);
    std::size_t used = names_ + 2 + ratio.width() + 1;
    for (const Column& column : columns) used += 1 + column.width();
    const std::size_t forest_room = terminal_.width > used ? terminal_.width - used : 0;
    const std::optional<Forest> forest = forest_in(forest_room);
    const std::size_t before = used - ratio.width() - 1;
    // What the ratios are of stands above them, beside the title where that is short.
    const std::string what = gain_noun(group_.figures.front()) + ',';
    out_ = display_width(title) < before
               ? trimmed(padded(title, before, true) + what)
               : wrapped(title, "", terminal_.width) + trimmed(std::string(before, ' ') + what);
    const std::string times = fmt::format("times {}", printable(group_.reference->strategy));
    std::string head = padded(row_of("strategy", columns, std::nullopt), before, true);
    if (forest && display_width(times) <= ratio.width()) {
      head += padded(times, ratio.width() + 1, true) + forest->title();
    } else {
      head += times;
    }
    out_ += trimmed(std::move(head));
    for (std::size_t i = 0; i < measured_.size(); ++i) {
      const Standing& standing = *measured_[i];
      std::string line = row_of(printable(standing.cell->strategy), columns, i) + "  ";
      line += terminal_.paint(padded(ratio.fields[i].text, forest ? ratio.width() : 0, true),
                              ratio.fields[i].color);
      if (forest) line += ' ' + forest->row(location_of(standing));
      out_ += trimmed(std::move(line));
      end_tier(i);
    }
    return std::move(out_) + unmeasured();
  }

  std::string with_ratios(const std::string& title) {
    if (measured_.size() == 1) return alone(title);
    if (measured_.empty()) return wrapped(title, "", terminal_.width) + unmeasured();
    std::vector<Column> columns;
    std::size_t used = names_;
    std::vector<analyze::FigureName> figures = group_.figures;
    std::ranges::stable_sort(figures, {}, [&](analyze::FigureName name) { return place_of(name); });
    for (const analyze::FigureName figure : figures) {
      Column column = figure_ratios(figure);
      if (used + 2 + column.width() > terminal_.width) break;
      used += 2 + column.width();
      columns.push_back(std::move(column));
    }
    out_ = wrapped(title + "; times the reference", "", terminal_.width);
    out_ += trimmed(row_of("strategy", columns, std::nullopt));
    for (std::size_t i = 0; i < measured_.size(); ++i) {
      out_ += trimmed(row_of(printable(measured_[i]->cell->strategy), columns, i));
      end_tier(i);
    }
    return std::move(out_) + unmeasured();
  }

 private:
  // Of one strategy there is no ratio.
  std::string alone(const std::string& title) {
    const std::vector<Column> columns =
        chosen_columns(terminal_.width - std::min(terminal_.width, names_));
    return wrapped(title, "", terminal_.width) +
           trimmed(row_of("strategy", columns, std::nullopt)) +
           trimmed(row_of(printable(measured_.front()->cell->strategy), columns, 0)) + unmeasured();
  }

  static std::string trimmed(std::string line) {
    line.erase(line.find_last_not_of(' ') + 1);
    return line + '\n';
  }

  // The heading, or the row of a measured strategy.
  std::string row_of(const std::string& name, const std::vector<Column>& columns,
                     std::optional<std::size_t> row) const {
    std::string line = padded(name, names_, true);
    for (const Column& column : columns) {
      const Field field = row ? column.fields[*row] : Field{column.title};
      line += std::string(column.left ? 2 : 1, ' ') +
              terminal_.paint(padded(field.text, column.width(), column.left), field.color);
    }
    return line;
  }

  Column median_column(const Figure& figure) const {
    Column column{.title = figure.terminal_title()};
    for (const Standing* standing : measured_) {
      column.fields.push_back(
          {estimate_text(standing->cell->find(figure.name), figure.unit, number_text)});
    }
    return column;
  }

  // The most important first: what is compared, but a median latency after the tail, and the CPU of
  // one side last where that of both ranks.
  std::ptrdiff_t place_of(analyze::FigureName figure) const {
    const auto found = std::ranges::find(group_.figures, figure);
    const std::ptrdiff_t place = found - group_.figures.begin();
    if (place == 0) return 0;
    if (figure == analyze::kCpu) return 2 * std::ssize(group_.figures);
    const bool is_median = figure == analyze::kServiceP50 || figure == analyze::kResponseP50;
    return is_median ? std::ssize(group_.figures) : place;
  }

  std::vector<Column> chosen_columns(std::size_t room) const {
    std::vector<const result::Cell*> cells;
    for (const Standing* standing : measured_) cells.push_back(standing->cell);
    std::vector<Figure> candidates;
    for (const Figure& figure : analyze::figures_of(cells)) {
      const bool is_compared =
          std::ranges::find(group_.figures, figure.name) != group_.figures.end();
      if (is_compared || figure.shown != analyze::Shown::not_in_terminal) {
        candidates.push_back(figure);
      }
    }
    std::ranges::stable_sort(candidates, {},
                             [&](const Figure& figure) { return place_of(figure.name); });
    std::vector<std::string_view> chosen;
    for (const Figure& figure : candidates) {
      const std::size_t width = 1 + median_column(figure).width();
      if (width > room) continue;
      room -= width;
      chosen.push_back(figure.name);
    }
    std::vector<Column> columns;
    for (const Figure& figure : analyze::figures_of(cells)) {
      if (std::ranges::find(chosen, figure.name) != chosen.end()) {
        columns.push_back(median_column(figure));
      }
    }
    return columns;
  }

  Column ratio_column() const {
    Column column{.left = true};
    for (const Standing* standing : measured_) {
      const Contrast* const ranking = ranking_of(*standing);
      column.fields.push_back(
          ranking == nullptr ? Field{"1 (reference)"}
                             : Field{text_of(gain_ratio(*ranking)), color_of(ranking->decision())});
    }
    return column;
  }

  Column figure_ratios(analyze::FigureName figure) const {
    Column column{.title = analyze::info_of(figure).short_title(), .left = true};
    for (const Standing* standing : measured_) {
      const Contrast* const contrast = find(standing->contrasts, figure);
      column.fields.push_back(standing->contrasts.empty() ? Field{"1 (reference)"}
                              : contrast == nullptr
                                  ? Field{"-"}
                                  : Field{ratio_text(*contrast), color_of(contrast->decision())});
    }
    return column;
  }

  static const Contrast* ranking_of(const Standing& standing) {
    return standing.contrasts.empty() ? nullptr : &standing.contrasts.front();
  }

  // Of a strategy against the reference; the reference itself is the point 1.
  static analyze::Location location_of(const Standing& standing) {
    const Contrast* const ranking = ranking_of(standing);
    return ranking != nullptr && ranking->judgement.blocks > 0
               ? ranking->judgement.ratio
               : analyze::Location{.estimate = 1, .low = 1, .high = 1};
  }

  std::optional<Forest> forest_in(std::size_t room) const {
    if (room < kForestLeast) return std::nullopt;
    std::vector<analyze::Location> all;
    for (const Standing* standing : measured_) all.push_back(location_of(*standing));
    return Forest(all, std::min(room, kForestMost));
  }

  // A line below the best tier, where that has several strategies and something lies below it.
  void end_tier(std::size_t row) {
    if (row + 1 >= measured_.size() || row == 0) return;
    if (measured_[row]->tier != 0U || measured_[row + 1]->tier == 0U) return;
    const bool open =
        std::any_of(measured_.begin(), measured_.begin() + static_cast<std::ptrdiff_t>(row) + 1,
                    [](const Standing* standing) {
                      return !standing->behind.empty() &&
                             standing->behind.front().decision() == Decision::undecided;
                    });
    const std::string text =
        open ? fmt::format("{} above: not told apart from one another", row + 1)
             : fmt::format("{} above: alike within {:.0f} %", row + 1, 100 * margin_);
    out_ += terminal_.paint(fmt::format("  - - {} - -", text), Color::dim) + '\n';
  }

  std::string unmeasured() const {
    std::string text;
    for (const Standing& standing : group_.standings) {
      if (standing.tier) continue;
      const result::Cell& cell = *standing.cell;
      const std::string_view state = cell.status == result::CellStatus::unsupported ? "unsupported"
                                     : cell.status == result::CellStatus::failed    ? "failed"
                                                                                 : "not measured";
      text += wrapped(
          printable(fmt::format("{}{}", state, cell.reason.empty() ? "" : ": " + cell.reason)),
          padded(printable(cell.strategy), names_ + 2, true), terminal_.width);
    }
    return text;
  }

  static constexpr std::size_t kForestLeast = 8;
  static constexpr std::size_t kForestMost = 32;

  const GroupComparison& group_;
  double margin_;
  Terminal terminal_;
  std::vector<const Standing*> measured_;
  std::size_t names_ = 8;
  std::string out_;
};

}  // namespace

std::string strategy_table(const GroupComparison& group, double margin, const std::string& title,
                           const Terminal& terminal) {
  return Table(group, margin, terminal).with_figures(title);
}

std::string ratio_table(const GroupComparison& group, double margin, const std::string& title,
                        const Terminal& terminal) {
  return Table(group, margin, terminal).with_ratios(title);
}

}  // namespace asyncbench::report
