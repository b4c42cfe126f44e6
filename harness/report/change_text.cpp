#include "report/change_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "analyze/gate.hpp"
#include "analyze/notes.hpp"
#include "analyze/ratio.hpp"
#include "analyze/summary.hpp"
#include "report/figure_text.hpp"
#include "report/forest.hpp"
#include "report/format.hpp"

namespace asyncbench::report {
namespace {

using analyze::Contrast;
using analyze::Decision;
using analyze::GroupComparison;
using analyze::Standing;
using result::Cell;

bool is_told(const Contrast& contrast) { return is_different(contrast.decision()); }

bool is_worse(const Contrast& contrast) { return contrast.judgement.ratio.estimate > 1; }

// Too few pairs for an interval, or none at all.
bool has_too_few(const Contrast& contrast) {
  return contrast.judgement.blocks == 0 || !std::isfinite(contrast.judgement.ratio.high);
}

// The cell as it is, with its contrasts to what it was.
const Standing& standing_of(const GroupComparison& group) { return group.standings.back(); }

std::string_view word_of(const Contrast& contrast) {
  if (contrast.decision() == Decision::undecided) return "open";
  // Measured apart, no difference is more than likely.
  return is_told(contrast) ? "likely" : name_of(contrast.decision());
}

// One figure in all cells that have it.
struct Tally {
  explicit Tally(analyze::FigureName name) : figure(analyze::info_of(name)) {}

  void add(const Contrast& contrast) {
    ++cells;
    if (is_told(contrast)) {
      const double ratio =
          ratio_of(contrast.figure, contrast.judgement.ratio, contrast.judgement.blocks)->estimate;
      (ratio < 1 ? fell : rose).push_back(ratio);
    } else if (has_too_few(contrast)) {
      ++too_few;
      why = contrast.why;
    } else {
      open += contrast.decision() == Decision::undecided;
    }
  }

  // "throughput fell to 0.12..0.21 in 3 of 4 cells"
  std::string text() const {
    std::vector<std::string> parts;
    for (const auto& [verb, ratios] : {std::pair{"fell", &fell}, std::pair{"rose", &rose}}) {
      if (ratios->empty()) continue;
      const auto [least, most] = std::ranges::minmax(*ratios);
      std::string range = analyze::ratio_number(least);
      if (const std::string end = analyze::ratio_number(most); end != range) range += ".." + end;
      std::string part = fmt::format("{} to {} times", verb, range);
      if (cells > 1) part += fmt::format(" in {} of {} cells", ratios->size(), cells);
      parts.push_back(std::move(part));
    }
    if (!parts.empty()) return fmt::format("{} {}", figure.title(), fmt::join(parts, " and "));
    if (too_few == cells) return fmt::format("{}: {}", figure.title(), why);
    return fmt::format("{}: {}", figure.title(), open + too_few == 0 ? "no change shown" : "open");
  }

  analyze::Figure figure;
  std::size_t cells = 0;
  std::vector<double> fell;
  std::vector<double> rose;
  std::size_t open = 0;
  std::size_t too_few = 0;
  std::string why;
};

std::vector<Tally> tallies_of(const analyze::Comparison& comparison) {
  std::vector<Tally> tallies;
  for (const GroupComparison& group : comparison.groups) {
    for (const Contrast& contrast : standing_of(group).contrasts) {
      auto tally = std::ranges::find(tallies, contrast.figure,
                                     [](const Tally& known) { return known.figure.name; });
      if (tally == tallies.end()) tally = tallies.insert(tally, Tally(contrast.figure));
      tally->add(contrast);
    }
  }
  return tallies;
}

class Writer {
 public:
  Writer(const Change& change, const Terminal& terminal) : change_(change), terminal_(terminal) {}

  std::string text() {
    for (const std::string& reason : change_.forced) {
      line("compared by --force although they differ in " + reason, "! ");
    }
    sides();
    out_ += '\n';
    headline();
    out_ += '\n';
    tables();
    for (const std::string& cell : change_.comparison.missing) line(cell, "- ");
    return std::move(out_);
  }

 private:
  void line(std::string_view text, std::string_view first = "") {
    out_ += wrapped(printable(text), first, terminal_.width);
  }

  // "before 67ecaa5 05:45 before.json   after 67ecaa5 06:44 after.json   same machine"
  void sides() {
    const bool same_day =
        change_.before.run.started.substr(0, 10) == change_.after.run.started.substr(0, 10);
    const auto side = [&](const char* word, const result::Result& result, const std::string& name) {
      const std::string commit = result.environment.text_of("git_commit").substr(0, 7);
      const std::string& started = result.run.started;
      std::string text = word;
      if (!commit.empty()) text += ' ' + commit;
      if (started.size() >= 16) {
        text += ' ' + (same_day ? "" : started.substr(0, 10) + ' ') + started.substr(11, 5);
      }
      return text + ' ' + name;
    };
    line(fmt::format("{},  {}{}", side("before", change_.before, change_.before_name),
                     side("after", change_.after, change_.after_name),
                     change_.forced.empty() ? ",  same machine" : ""));
  }

  void headline() {
    const std::vector<Tally> tallies = tallies_of(change_.comparison);
    bool worse = false;
    bool better = false;
    bool open = false;
    std::vector<std::string> parts;
    for (const Tally& tally : tallies) {
      const bool higher = tally.figure.higher_is_better.value_or(false);
      worse |= !(higher ? tally.fell : tally.rose).empty();
      better |= !(higher ? tally.rose : tally.fell).empty();
      open |= tally.open + tally.too_few > 0;
      parts.push_back(tally.text());
    }
    // Measured apart, nothing is more than likely: hence the question marks.
    const std::string_view word = worse && better ? "MIXED?"
                                  : worse         ? "WORSE?"
                                  : better        ? "BETTER?"
                                  : open          ? "OPEN"
                                                  : "ALIKE";
    std::string text = fmt::format("{}. {}", fmt::join(parts, "; "), apart());
    if (open && !worse && !better) text += price();
    if (worse || better || open) text += " To decide:";
    const std::string block = wrapped(printable(text), fmt::format("{:<9}", word), terminal_.width);
    const Color color = worse    ? better ? Color::doubtful : Color::bad
                        : better ? Color::good
                        : open   ? Color::doubtful
                                 : Color::good;
    out_ += terminal_.paint(word, color) + block.substr(word.size());
    if (worse || better || open) out_ += command();
  }

  // Why nothing is sure.
  std::string apart() const {
    std::string text = "Measured apart";
    for (const auto& [name, result] :
         {std::pair{"before", &change_.before}, std::pair{"after", &change_.after}}) {
      const auto disturbed = std::ranges::count_if(result->cells, [](const Cell& cell) {
        return analyze::has_note(cell, analyze::kDisturbed);
      });
      if (disturbed == 0) continue;
      text += fmt::format(", \"{}\" disturbed in {} of {} cells", name, disturbed,
                          result->cells.size());
    }
    return text + ": no more than likely.";
  }

  std::string price() const {
    const analyze::Price* dearest = nullptr;
    for (const GroupComparison& group : change_.comparison.groups) {
      for (const Contrast& contrast : standing_of(group).contrasts) {
        if (contrast.decision() != Decision::undecided || !contrast.price) continue;
        if (dearest == nullptr || contrast.price->blocks > dearest->blocks) {
          dearest = &*contrast.price;
        }
      }
    }
    return dearest == nullptr ? "" : fmt::format(" From two such results, {}.", text_of(*dearest));
  }

  // The gate that decides on the work in which most has changed, or is open.
  std::string command() const {
    const Standing* most = nullptr;
    double most_change = -1;
    for (const GroupComparison& group : change_.comparison.groups) {
      const Standing& standing = standing_of(group);
      for (const Contrast& contrast : standing.contrasts) {
        const double change =
            is_told(contrast) ? std::abs(std::log(contrast.judgement.ratio.estimate)) : 0;
        if (change <= most_change) continue;
        most_change = change;
        most = &standing;
      }
    }
    if (most == nullptr) return "";
    std::vector<std::string> strategies;
    for (const GroupComparison& group : change_.comparison.groups) {
      const Standing& standing = standing_of(group);
      const bool shows = most_change == 0 || std::ranges::any_of(standing.contrasts, is_told);
      if (shows && work_text(*standing.cell) == work_text(*most->cell) &&
          strategies.size() < analyze::kMostGatedCells) {
        strategies.push_back(standing.cell->strategy);
      }
    }
    std::string text = fmt::format("asyncbench gate --base OLD --candidate NEW {} --strategies {}",
                                   most->cell->workload, fmt::join(strategies, ","));
    for (const auto& [name, value] : most->cell->parameters) {
      std::string option = name;
      std::ranges::replace(option, '_', '-');
      text += fmt::format(" --{} {}", option, result::text_of(value));
    }
    // Room for the backslashes that let a shell take the lines as one.
    const std::string indent(9, ' ');
    std::string block = wrapped(printable(text), indent, terminal_.width - 2);
    for (std::size_t at = block.find('\n'); at + 1 < block.size(); at = block.find('\n', at + 3)) {
      block.insert(at, " \\");
    }
    return block;
  }

  // The cells of one work together.
  void tables() {
    const std::vector<GroupComparison>& groups = change_.comparison.groups;
    for (auto first = groups.begin(); first != groups.end();) {
      const std::string work = work_text(*standing_of(*first).cell);
      const auto last = std::find_if(first, groups.end(), [&](const GroupComparison& other) {
        return work_text(*standing_of(other).cell) != work;
      });
      table(work, {first, last});
      first = last;
    }
  }

  void table(const std::string& work, std::span<const GroupComparison> groups) {
    std::vector<const GroupComparison*> rows;
    std::vector<std::string> alike;
    std::vector<std::string> too_few;
    for (const GroupComparison& group : groups) {
      const Standing& standing = standing_of(group);
      const auto all = [&](auto&& holds) { return std::ranges::all_of(standing.contrasts, holds); };
      const std::string& name = standing.cell->strategy;
      if (standing.contrasts.empty() || all(has_too_few)) {
        too_few.push_back(fmt::format(
            "{}: {}", name, standing.contrasts.empty() ? "" : standing.contrasts.front().why));
      } else if (all([](const Contrast& one) { return one.decision() == Decision::alike; })) {
        alike.push_back(name);
      } else {
        rows.push_back(&group);
      }
    }
    draw(work, rows);
    if (rows.empty()) line(work);
    if (!alike.empty()) line(fmt::format("no change shown: {}", fmt::join(alike, ", ")), "  ");
    for (const std::string& text : too_few) line(text, "  ");
    for (const GroupComparison& group : groups) {
      for (const result::Note& note : group.notes) line(note.code + ": " + note.detail, "- ");
    }
    out_ += '\n';
  }

  void draw(const std::string& work, const std::vector<const GroupComparison*>& groups) {
    if (groups.empty()) return;
    std::size_t names = 0;
    std::vector<analyze::Location> drawn;
    for (const GroupComparison* group : groups) {
      names = std::max(names, display_width(printable(group->reference->strategy)));
      for (const Contrast& contrast : standing_of(*group).contrasts) {
        if (!has_too_few(contrast)) drawn.push_back(contrast.judgement.ratio);
      }
    }
    constexpr std::size_t kFigures = 59;  // the columns of a row without name and forest
    // A long name has a line of its own where the forest would have no room beside it.
    const bool inline_names = names + kFigures + kForest <= terminal_.width;
    const std::size_t indent = inline_names ? names : 1;
    const bool has_forest = indent + kFigures + kForest <= terminal_.width;
    const Forest forest(drawn, kForest);
    heading(work, fmt::format("{:<{}} {:<11} {:>7} {:>7}  {:<20} {}", "", indent, "", "before",
                              "after", "after / before", has_forest ? forest.title() : ""));
    for (const GroupComparison* group : groups) {
      std::string name = printable(group->reference->strategy);
      if (!inline_names) {
        out_ += name + '\n';
        name.clear();
      }
      for (const Contrast& contrast : standing_of(*group).contrasts) {
        row(*group, contrast, fmt::format("{:<{}}", name, indent), has_forest ? &forest : nullptr);
        name.clear();
      }
    }
  }

  // The work, over the columns where it does not reach into them.
  void heading(const std::string& work, std::string head) {
    const std::string name = printable(work);
    const std::size_t free = head.find_first_not_of(' ');
    head.erase(head.find_last_not_of(' ') + 1);
    if (display_width(name) + 1 >= free) {
      out_ += wrapped(name, "", terminal_.width) + head + '\n';
    } else {
      out_ += name + head.substr(display_width(name)) + '\n';
    }
  }

  void row(const GroupComparison& group, const Contrast& contrast, const std::string& name,
           const Forest* forest) {
    const analyze::Figure figure = analyze::info_of(contrast.figure);
    const auto median = [&](const Cell* cell) {
      const result::Estimate* const estimate = cell->find(figure.name);
      return estimate == nullptr ? "-" : figure_text(figure.unit, estimate->median);
    };
    const auto ratio =
        ratio_of(contrast.figure, contrast.judgement.ratio, contrast.judgement.blocks);
    out_ += fmt::format("{} {:<11} {:>7} {:>7}  {:<20} ", name, figure.short_title(),
                        median(group.reference), median(standing_of(group).cell), text_of(ratio));
    if (forest != nullptr) {
      out_ += (contrast.judgement.blocks == 0 ? std::string(kForest, ' ')
                                              : forest->row(contrast.judgement.ratio)) +
              ' ';
    }
    const Color color = !is_told(contrast)   ? Color::none
                        : is_worse(contrast) ? Color::bad
                                             : Color::good;
    out_ += terminal_.paint(word_of(contrast), color) + '\n';
  }

  static constexpr std::size_t kForest = 12;

  const Change& change_;
  Terminal terminal_;
  std::string out_;
};

}  // namespace

std::string change_text(const Change& change, const Terminal& terminal) {
  return Writer(change, terminal).text();
}

}  // namespace asyncbench::report
