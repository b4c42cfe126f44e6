#include "report/change_verdict.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "analyze/gate.hpp"
#include "analyze/notes.hpp"
#include "analyze/ratio.hpp"
#include "analyze/summary.hpp"
#include "report/figure_text.hpp"

namespace asyncbench::report {
namespace {

using analyze::Contrast;
using analyze::Decision;
using analyze::GroupComparison;
using analyze::Standing;
using result::Cell;

// One figure in all cells that have it.
struct Tally {
  explicit Tally(analyze::FigureName name) : figure(analyze::info_of(name)) {}

  void add(const Contrast& contrast) {
    ++cells;
    if (report::is_told(contrast)) {
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
    return fmt::format("{} {}", figure.short_title(), fmt::join(parts, " and "));
  }

  bool is_told() const { return !fell.empty() || !rose.empty(); }
  // What is not told.
  std::string state() const {
    if (too_few == cells) return why;
    return open + too_few == 0 ? "no change shown" : "open";
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
    for (const Contrast* contrast : contrasts_of(group)) {
      auto tally = std::ranges::find(tallies, contrast->figure,
                                     [](const Tally& known) { return known.figure.name; });
      if (tally == tallies.end()) tally = tallies.insert(tally, Tally(contrast->figure));
      tally->add(*contrast);
    }
  }
  return tallies;
}

// Why nothing is sure.
std::string apart(const Change& change) {
  std::string text = "Measured apart";
  for (const auto& [name, result] :
       {std::pair{"before", &change.before}, std::pair{"after", &change.after}}) {
    const auto disturbed = std::ranges::count_if(result->cells, [](const Cell& cell) {
      return analyze::has_note(cell, analyze::kDisturbed);
    });
    if (disturbed == 0) continue;
    text +=
        fmt::format(", \"{}\" disturbed in {} of {} cells", name, disturbed, result->cells.size());
  }
  return text + ": no more than likely.";
}

std::string price_of(const Change& change) {
  const analyze::Price* dearest = nullptr;
  for (const GroupComparison& group : change.comparison.groups) {
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
std::string command_for(const Change& change) {
  const Standing* most = nullptr;
  double most_change = -1;
  for (const GroupComparison& group : change.comparison.groups) {
    const Standing& standing = standing_of(group);
    for (const Contrast& contrast : standing.contrasts) {
      const double size =
          is_told(contrast) ? std::abs(std::log(contrast.judgement.ratio.estimate)) : 0;
      if (size <= most_change) continue;
      most_change = size;
      most = &standing;
    }
  }
  if (most == nullptr) return "";
  std::vector<std::string> strategies;
  for (const GroupComparison& group : change.comparison.groups) {
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
  return text;
}

}  // namespace

bool is_told(const Contrast& contrast) { return is_different(contrast.decision()); }

bool is_worse(const Contrast& contrast) { return contrast.judgement.ratio.estimate > 1; }

bool has_too_few(const Contrast& contrast) {
  return contrast.judgement.blocks == 0 || !std::isfinite(contrast.judgement.ratio.high);
}

const Standing& standing_of(const GroupComparison& group) { return group.standings.back(); }

std::vector<const Contrast*> contrasts_of(const GroupComparison& group) {
  std::vector<const Contrast*> contrasts;
  for (const Contrast& contrast : standing_of(group).contrasts) {
    const bool is_part =
        contrast.figure == analyze::kCpu && group.figures.front() == analyze::kTotalCpu;
    if (!is_part) contrasts.push_back(&contrast);
  }
  return contrasts;
}

ChangeVerdict verdict_of(const Change& change) {
  bool worse = false;
  bool better = false;
  bool open = false;
  std::vector<std::string> parts;
  std::map<std::string, std::vector<std::string>> untold;  // figures by what is said of them
  for (const Tally& tally : tallies_of(change.comparison)) {
    const bool higher = tally.figure.higher_is_better.value_or(false);
    worse |= !(higher ? tally.fell : tally.rose).empty();
    better |= !(higher ? tally.rose : tally.fell).empty();
    open |= tally.open + tally.too_few > 0;
    if (tally.is_told()) {
      parts.push_back(tally.text());
    } else {
      untold[tally.state()].push_back(tally.figure.short_title());
    }
  }
  for (const auto& [state, figures] : untold) {
    parts.push_back(fmt::format("{}: {}", state, fmt::join(figures, ", ")));
  }
  // Measured apart, nothing is more than likely: hence the question marks.
  ChangeVerdict verdict;
  verdict.word = worse && better ? "MIXED?"
                 : worse         ? "WORSE?"
                 : better        ? "BETTER?"
                 : open          ? "OPEN"
                                 : "ALIKE";
  verdict.color = worse    ? better ? Color::doubtful : Color::bad
                  : better ? Color::good
                  : open   ? Color::doubtful
                           : Color::good;
  verdict.text = fmt::format("{}. {}", fmt::join(parts, "; "), apart(change));
  if (open && !worse && !better) verdict.text += price_of(change);
  if (worse || better || open) verdict.command = command_for(change);
  return verdict;
}

}  // namespace asyncbench::report
