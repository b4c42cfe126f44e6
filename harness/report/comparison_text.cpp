#include "report/comparison_text.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "analyze/ratio.hpp"
#include "report/figure_text.hpp"
#include "report/format.hpp"

namespace asyncbench::report {
namespace {

using analyze::Contrast;
using analyze::Figure;
using analyze::FigureName;
using analyze::GroupComparison;
using analyze::Standing;

std::string median_text(const result::Cell& cell, const Figure& figure) {
  const result::Estimate* const estimate = cell.find(figure.name);
  return estimate ? figure_text(figure.unit, estimate->median) : "-";
}

// "asio against uring: 0.97 [0.95, 0.98] times the throughput (worse), 1.08 [1.05, 1.10]
// times the CPU per request (worse)".
std::string sentence(const Standing& other, const result::Cell& reference) {
  std::string text;
  for (const Contrast& contrast : other.contrasts) {
    if (!analyze::is_different(contrast.decision())) continue;
    text += fmt::format("{}{} times the {} ({})", text.empty() ? "" : ", ", ratio_text(contrast),
                        analyze::info_of(contrast.figure).title(), name_of(contrast.decision()));
  }
  if (text.empty()) {
    return fmt::format("{} and {}: nothing tells them apart here", reference.strategy,
                       other.cell->strategy);
  }
  return fmt::format("{} against {}: {}", other.cell->strategy, reference.strategy, text);
}

// "undecided: 5 of the 6 pairs that it needs": each reason once.
std::vector<std::string> doubts_of(const GroupComparison& group) {
  std::vector<std::string> doubts;
  for (const Standing& standing : group.standings) {
    for (const Contrast& contrast : standing.contrasts) {
      if (contrast.why.empty()) continue;
      std::string doubt = fmt::format("{}: {}", name_of(contrast.decision()), contrast.why);
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
    if (next != nullptr) line(sentence(*next, *group.reference), "=> ");
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
      line(name_of(contrast.decision()),
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
  return text_of(ratio_of(contrast.figure, contrast.judgement.ratio, contrast.judgement.blocks));
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
  writer.line(fmt::format(
      "Ratios are to the reference, [95 % interval across blocks, all looks counted]. slightly: "
      "below {0:g} %; alike: {0:g} % or more is excluded. All comparisons here are counted "
      "(Benjamini-Hochberg, 0.05).",
      100 * comparison.rule.margin));
  return writer.take();
}

}  // namespace asyncbench::report
