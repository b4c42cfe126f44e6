#include "report/comparison_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/figure_text.hpp"
#include "report/format.hpp"

namespace asyncbench::report {
namespace {

using analyze::Contrast;
using analyze::Figure;
using analyze::FigureName;
using analyze::GroupComparison;
using analyze::Standing;
using analyze::Sureness;

std::string median_text(const result::Cell& cell, const Figure& figure) {
  const result::Estimate* const estimate = cell.find(figure.name);
  return estimate ? figure_text(figure.unit, estimate->median) : "-";
}

// Which of two is better is known of every figure that is compared.
bool is_higher_better(const Figure& figure) { return figure.higher_is_better.value_or(false); }

// "uring: 3.1 % more throughput than asio (clear), 8.0 % less CPU per request (clear)": of the
// reference, against the next.
std::string sentence(const Standing& next) {
  std::string text;
  for (const Contrast& contrast : next.contrasts) {
    if (contrast.sureness != Sureness::clear && contrast.sureness != Sureness::likely) continue;
    const Figure figure = analyze::info_of(contrast.figure);
    // The reference's share of the other's figure.
    const double change =
        (is_higher_better(figure) ? contrast.ratio.estimate : 1 / contrast.ratio.estimate) - 1;
    text +=
        fmt::format("{}{} {} {} ({})", text.empty() ? "" : ", ", format_percent(std::abs(change)),
                    change > 0 ? "more" : "less", figure.title(), name_of(contrast.sureness));
  }
  if (text.empty()) {
    return fmt::format("{} and {}: nothing tells them apart here", next.reference->strategy,
                       next.cell->strategy);
  }
  return fmt::format("{} against {}: {}", next.reference->strategy, next.cell->strategy, text);
}

// "inconclusive: 5 of the 6 pairs of trials that it needs": each reason once.
std::vector<std::string> doubts_of(const GroupComparison& group) {
  std::vector<std::string> doubts;
  for (const Standing& standing : group.standings) {
    for (const Contrast& contrast : standing.contrasts) {
      if (contrast.why.empty()) continue;
      std::string doubt = fmt::format("{}: {}", name_of(contrast.sureness), contrast.why);
      if (std::ranges::find(doubts, doubt) == doubts.end()) doubts.push_back(std::move(doubt));
    }
  }
  return doubts;
}

class Writer {
 public:
  explicit Writer(std::size_t width) : width_(width) {}

  void line(std::string_view text, std::string_view first = "") {
    out_ += wrapped(printable(text), first, width_);
  }

  void group(const GroupComparison& group) {
    line(group.name);
    if (group.standings.empty()) return;
    std::size_t names = 8;
    for (const Standing& standing : group.standings) {
      names = std::max(names, display_width(printable(standing.cell->strategy)));
    }
    const Standing* next = nullptr;
    for (const Standing& standing : group.standings) {
      rows(group, standing, names);
      if (next == nullptr && !standing.contrasts.empty()) next = &standing;
    }
    if (next != nullptr) line(sentence(*next), "=> ");
    for (const std::string& doubt : doubts_of(group)) line(doubt, "- ");
    for (const result::Note& note : group.notes) line(note.code + ": " + note.detail, "- ");
    out_ += '\n';
  }

  std::string take() { return std::move(out_); }

 private:
  void rows(const GroupComparison& group, const Standing& standing, std::size_t names) {
    const result::Cell& cell = *standing.cell;
    const std::string name = fmt::format("  {:<{}}  ", printable(cell.strategy), names);
    if (cell.status != result::CellStatus::measured) {
      line(fmt::format("{}{}{}",
                       cell.status == result::CellStatus::failed ? "failed" : "unsupported",
                       cell.reason.empty() ? "" : ": ", cell.reason),
           name);
      return;
    }
    std::string head = name;
    if (standing.contrasts.empty()) {
      std::string text = "reference:";
      for (const FigureName compared : group.figures) {
        const Figure figure = analyze::info_of(compared);
        text += fmt::format(" {} {}{}", figure.short_title(), median_text(cell, figure),
                            compared == group.figures.back() ? "" : ",");
      }
      line(text, head);
      return;
    }
    for (const Contrast& contrast : standing.contrasts) {
      const Figure figure = analyze::info_of(contrast.figure);
      line(name_of(contrast.sureness),
           fmt::format("{}{:<11}{:>8} {:>19}  ", head, figure.short_title(),
                       median_text(cell, figure), ratio_text(contrast)));
      head = std::string(display_width(name), ' ');
    }
  }

  std::size_t width_;
  std::string out_;
};

}  // namespace

std::string ratio_text(const Contrast& contrast) {
  if (contrast.pairs == 0) return "-";
  const auto end = [](double value) {
    return std::isinf(value) || value == 0 ? std::string("?") : format_number(value);
  };
  const analyze::Location& ratio = contrast.ratio;
  if (is_higher_better(analyze::info_of(contrast.figure))) {
    return fmt::format("{} [{}, {}]", end(1 / ratio.estimate), end(1 / ratio.high),
                       end(1 / ratio.low));
  }
  return fmt::format("{} [{}, {}]", end(ratio.estimate), end(ratio.low), end(ratio.high));
}

std::string comparison_text(const analyze::Comparison& comparison,
                            const std::vector<std::string>& forced, std::size_t width) {
  Writer writer(width);
  for (const std::string& reason : forced) {
    writer.line("compared by --force although they differ in " + reason, "! ");
  }
  for (const GroupComparison& group : comparison.groups) writer.group(group);
  for (const std::string& cell : comparison.missing) writer.line(cell, "- ");
  for (const result::Note& note : comparison.notes) {
    writer.line(note.code + ": " + note.detail, "- ");
  }
  writer.line(
      "Ratios are to the reference, [95 % interval across trials, paired by block]. clear: also "
      "when all comparisons here are counted (Benjamini-Hochberg, 0.05); likely: by itself; no "
      "difference shown: 5 % or more is excluded.");
  return writer.take();
}

}  // namespace asyncbench::report
