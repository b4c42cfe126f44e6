#include "analyze/comparison.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>

#include "analyze/multiplicity.hpp"
#include "analyze/notes.hpp"
#include "analyze/paired.hpp"
#include "analyze/ranking.hpp"
#include "analyze/ratio.hpp"
#include "analyze/validity.hpp"

namespace asyncbench::analyze {
namespace {

using result::Cell;
using result::Result;

constexpr double kAlpha = 0.05;

// How the ratios of pairs become an estimate and a probability.
struct Method {
  double (*p)(std::span<const double>);
  Location (*location)(std::span<const double>, double alpha_each_side);
  bool apart = false;  // the two sides were measured in different runs
};

double signed_rank_p(std::span<const double> differences) {
  return signed_rank(differences).p_two_sided;
}

constexpr Method kPaired{.p = sign_test_p, .location = median_with_sign_interval};
constexpr Method kApart{.p = signed_rank_p, .location = hodges_lehmann, .apart = true};

// `block_seconds`: how long one more pair takes to measure.
Contrast contrast_of(const CellFigures& reference, const CellFigures& other, FigureName figure,
                     const Method& method, double block_seconds) {
  const std::vector<double> ratios = log_ratios(reference, other, figure);
  Contrast contrast{.figure = figure, .pairs = ratios.size()};
  if (ratios.empty()) {
    contrast.sureness = Sureness::invalid;
    contrast.why = reference.empty() || other.empty() ? "no valid trial" : "no such figure in both";
    return contrast;
  }
  contrast.ratio = exp_of(method.location(ratios, kAlpha / 2));
  contrast.p = method.p(ratios);
  contrast.price = price_of(ratios, kAlike, block_seconds);
  return contrast;
}

// What a contrast amounts to, once its adjusted p is known.
void conclude(Contrast& contrast, const Method& method) {
  if (contrast.sureness == Sureness::invalid) return;
  const std::size_t needed = fewest_pairs(2, kAlpha);
  if (contrast.pairs < needed) {
    contrast.why = too_few_text(contrast.pairs, needed);
    return;
  }
  if (contrast.adjusted_p <= kAlpha && !method.apart) {
    contrast.sureness = Sureness::clear;
  } else if (contrast.p <= kAlpha) {
    contrast.sureness = Sureness::likely;
  } else if (contrast.ratio.high < 1 + kAlike && contrast.ratio.low > 1 / (1 + kAlike)) {
    contrast.sureness = Sureness::no_difference;
  } else {
    contrast.why = contrast.price ? text_of(*contrast.price) : "more trials would decide it";
  }
}

void conclude(Comparison& comparison, const Method& method) {
  std::vector<Contrast*> all;
  std::vector<double> p;
  for (GroupComparison& group : comparison.groups) {
    for (Standing& standing : group.standings) {
      for (Contrast& contrast : standing.contrasts) {
        if (contrast.sureness == Sureness::invalid) continue;
        all.push_back(&contrast);
        p.push_back(contrast.p);
      }
    }
  }
  const std::vector<double> adjusted = benjamini_hochberg(p);
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i]->adjusted_p = adjusted[i];
    conclude(*all[i], method);
  }
}

// The ranking figure, the tail, and what it costs.
std::vector<FigureName> figures_to_compare(const Group& group) {
  std::vector<FigureName> figures = {ranking_of(group)};
  const FigureName p99 = is_open_loop(group) ? kResponseP99 : kServiceP99;
  for (const FigureName figure : {p99, cpu_figure_of(group)}) {
    if (std::ranges::find(figures, figure) == figures.end() && has_figure(group, figure)) {
      figures.push_back(figure);
    }
  }
  return figures;
}

void note_load(GroupComparison& comparison, const Group& group) {
  if (!is_open_loop(group) || !any_has(group, kOverload)) return;
  comparison.notes.push_back(
      {std::string(kOverload),
       "some strategy did not achieve the offered load: CPU is not compared at equal load"});
}

GroupComparison compare(const Group& group, const std::string& reference_name,
                        double trial_seconds) {
  GroupComparison comparison{.name = group.name, .figures = figures_to_compare(group)};
  const std::vector<const Cell*> cells = ranked(group, comparison.figures.front());
  std::map<const Cell*, CellFigures> figures;
  for (const Cell* cell : cells) figures.emplace(cell, figures_of(*cell));
  const double block_seconds = trial_seconds * static_cast<double>(cells.size());
  const auto named = std::ranges::find(cells, reference_name, &Cell::strategy);
  const auto chosen = named != cells.end() ? named : std::ranges::find_if(cells, [&](auto* cell) {
    return !figures[cell].empty();
  });
  const Cell* reference = chosen == cells.end() ? nullptr : *chosen;
  for (const Cell* cell : cells) {
    Standing standing{.cell = cell, .reference = reference};
    if (cell != reference && reference != nullptr) {
      for (const FigureName figure : comparison.figures) {
        standing.contrasts.push_back(
            contrast_of(figures[reference], figures[cell], figure, kPaired, block_seconds));
      }
    }
    comparison.standings.push_back(std::move(standing));
  }
  for (const Cell* cell : group.cells) {
    if (std::ranges::find(cells, cell) == cells.end()) {
      comparison.standings.push_back({.cell = cell, .reference = reference});
    }
  }
  note_load(comparison, group);
  return comparison;
}

std::string or_unknown(std::string text) { return text.empty() ? "unknown" : text; }

std::string option_of(const Result& result, std::string_view name) {
  const result::Value* value = result::find(result.plan.options, name);
  return value == nullptr ? "unknown" : result::text_of(*value);
}

// The winner of each group, by its name.
std::map<std::string, std::string> winners_of(const Result& result) {
  std::map<std::string, std::string> winners;
  for (const Group& group : groups_of(result)) {
    const auto cells = ranked(group, ranking_of(group));
    if (!cells.empty()) winners.emplace(group.name, cells.front()->strategy);
  }
  return winners;
}

}  // namespace

std::string_view name_of(Sureness sureness) {
  static constexpr std::array<std::string_view, 6> kNames = {
      "clear", "likely", "no difference shown", "inconclusive", "invalid", "nothing to compare"};
  return kNames[static_cast<std::size_t>(sureness)];
}

Comparison compare_strategies(const Result& result, const std::string& reference) {
  Comparison comparison;
  const double seconds = trial_seconds(result);
  for (const Group& group : groups_of(result)) {
    comparison.groups.push_back(compare(group, reference, seconds));
  }
  conclude(comparison, kPaired);
  return comparison;
}

Comparison compare_results(const Result& before, const Result& after) {
  Comparison comparison;
  comparison.notes.push_back(
      {"measured_apart",
       "The two were measured in different runs: what changed on the machine between them is not "
       "in the intervals, so nothing is more than likely. asyncbench gate measures two builds "
       "side by side."});
  const double pair_seconds = trial_seconds(before) + trial_seconds(after);
  std::vector<const Cell*> cells;
  for (const Group& same_work : groups_of(after)) {
    cells.insert(cells.end(), same_work.cells.begin(), same_work.cells.end());
  }
  for (const Cell* is : cells) {
    const Cell* was = before.find_cell(is->id);
    if (was == nullptr) {
      comparison.missing.push_back(is->id + ": only in the second result");
      continue;
    }
    const Group both{.name = is->id, .cells = {was, is}};
    GroupComparison group{.name = is->id, .figures = figures_to_compare(both)};
    group.standings.push_back({.cell = was, .reference = was});
    Standing standing{.cell = is, .reference = was};
    const CellFigures figures_before = figures_of(*was);
    const CellFigures figures_after = figures_of(*is);
    for (const FigureName figure : group.figures) {
      standing.contrasts.push_back(
          contrast_of(figures_before, figures_after, figure, kApart, pair_seconds));
    }
    group.standings.push_back(std::move(standing));
    note_load(group, both);
    comparison.groups.push_back(std::move(group));
  }
  for (const Cell& was : before.cells) {
    if (after.find_cell(was.id) == nullptr) {
      comparison.missing.push_back(was.id + ": only in the first result");
    }
  }
  conclude(comparison, kApart);
  return comparison;
}

void note_peers(Comparison& comparison, const std::vector<const Result*>& results) {
  std::map<std::string, std::map<std::string, std::string>> winners;  // group -> peer -> winner
  for (const Result* result : results) {
    // Nothing is known about a foreign server, and no peer strategy was chosen.
    if (result->plan.peer_strategy.empty() || option_of(*result, "urls") != "") continue;
    for (const auto& [group, winner] : winners_of(*result)) {
      winners[group][result->plan.peer_strategy] = winner;
    }
  }
  for (GroupComparison& group : comparison.groups) {
    const auto& by_peer = winners[group.name];
    if (by_peer.size() == 1) {
      group.notes.push_back(
          {"one_peer", fmt::format("the winner was measured with the peer strategy {} alone",
                                   by_peer.begin()->first)});
    } else if (by_peer.size() > 1) {
      std::set<std::string> different;
      std::vector<std::string> said;
      for (const auto& [peer, winner] : by_peer) {
        different.insert(winner);
        said.push_back(fmt::format("{} with peer {}", winner, peer));
      }
      group.notes.push_back({different.size() == 1 ? "peers_agree" : "peers_disagree",
                             fmt::format("best: {}", fmt::join(said, ", "))});
    }
  }
}

std::vector<std::string> incomparable(const Result& a, const Result& b) {
  std::vector<std::string> reasons;
  const auto check = [&](std::string_view what, const std::string& x, const std::string& y) {
    if (x != y) reasons.push_back(fmt::format("{}: {} and {}", what, x, y));
  };
  for (const std::string_view fact : {"kernel", "cpu", "cpus"}) {
    check(fact, or_unknown(a.environment.text_of(fact)), or_unknown(b.environment.text_of(fact)));
  }
  check("window_ns", std::to_string(a.plan.window_ns), std::to_string(b.plan.window_ns));
  check("warm_up_ns", std::to_string(a.plan.warm_up_ns), std::to_string(b.plan.warm_up_ns));
  check("cpu_idle", a.plan.cpu_idle, b.plan.cpu_idle);
  check("subject_cpus", fmt::format("{}", a.plan.subject_cpus),
        fmt::format("{}", b.plan.subject_cpus));
  check("peer_cpus", fmt::format("{}", a.plan.peer_cpus), fmt::format("{}", b.plan.peer_cpus));
  for (const std::string_view option : {"threads", "verify", "requests", "urls"}) {
    check(option, option_of(a, option), option_of(b, option));
  }
  for (const Cell& cell : a.cells) {
    const Cell* const other = b.find_cell(cell.id);
    if (other == nullptr) continue;
    const std::string difference = account_difference(cell, *other);
    if (!difference.empty()) reasons.push_back(cell.id + ": " + difference);
  }
  return reasons;
}

}  // namespace asyncbench::analyze
