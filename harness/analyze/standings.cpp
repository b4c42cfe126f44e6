#include "analyze/standings.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "analyze/families.hpp"
#include "analyze/machine_states.hpp"
#include "analyze/notes.hpp"
#include "analyze/ranking.hpp"
#include "analyze/ratio.hpp"
#include "analyze/statistics.hpp"

namespace asyncbench::analyze {
namespace {

using result::Cell;
using result::CellStatus;

bool is_measured(const Cell& cell) {
  return cell.status == CellStatus::measured && cell.summary.has_value();
}

// The ratio to the reference in the worse direction; infinite where there is none.
double ratio_in(const std::vector<Contrast>& contrasts, FigureName figure) {
  const Contrast* const contrast = find(contrasts, figure);
  if (contrast == nullptr || contrast->judgement.blocks == 0) {
    return std::numeric_limits<double>::infinity();
  }
  return contrast->judgement.ratio.estimate;
}

// From the best to the worst: pairs[i][j - i - 1] is the contrast of j against i.
using Pairs = std::vector<std::vector<Contrast>>;

// A tier ends before the first that is worse than its best.
std::vector<std::size_t> tiers_of(const Pairs& pairs) {
  std::vector<std::size_t> tiers(pairs.size());
  std::size_t best = 0;
  for (std::size_t i = 1; i < pairs.size(); ++i) {
    tiers[i] = tiers[i - 1];
    if (pairs[best][i - best - 1].decision() != Decision::worse) continue;
    ++tiers[i];
    best = i;
  }
  return tiers;
}

class Standings {
 public:
  Standings(const Group& group, const std::string& reference, const DecisionRule& rule,
            double trial_seconds)
      : group_(group), footing_{.rule = rule} {
    result_.name = group.name;
    result_.figures = compared_figures(group);
    for (const Cell* cell : group.cells) {
      if (!is_measured(*cell)) continue;
      measured_.push_back(cell);
      figures_.emplace(cell, figures_of(*cell));
    }
    footing_.block_seconds = trial_seconds * static_cast<double>(measured_.size());
    choose_reference(reference);
  }

  GroupComparison take() {
    for (const Cell* cell : group_.cells) {
      result_.standings.push_back(
          {.cell = cell, .family = family_of(*cell), .contrasts = contrasts_of(*cell)});
    }
    if (result_.reference != nullptr) {
      sort_standings();
      compare_families();
      compare_pairs();
      find_losses();
      compare_twin();
      note_machine_states();
    }
    note_overload(result_, group_);
    return std::move(result_);
  }

 private:
  FigureName ranking() const { return result_.figures.front(); }

  const CellFigures& figures(const Cell* cell) const { return figures_.at(cell); }

  void choose_reference(const std::string& wanted) {
    const auto valid = [&](std::string_view name) -> const Cell* {
      const auto found = std::ranges::find_if(measured_, [&](const Cell* cell) {
        return (name.empty() || cell->strategy == name) && !figures(cell).empty();
      });
      return found == measured_.end() ? nullptr : *found;
    };
    const auto choose = [&](const Cell* cell, ReferenceChoice how) {
      if (result_.reference != nullptr || cell == nullptr) return;
      result_.reference = cell;
      result_.chosen = how;
    };
    if (!wanted.empty()) choose(valid(wanted), ReferenceChoice::named);
    choose(valid(result::kUsualReference), ReferenceChoice::usual);
    choose(valid(""), ReferenceChoice::first);
    if (wanted.empty() || result_.reference == nullptr ||
        result_.chosen == ReferenceChoice::named) {
      return;
    }
    result_.notes.push_back(
        {std::string(kReferenceAbsent), fmt::format("{} has nothing valid here; compared with {}",
                                                    wanted, result_.reference->strategy)});
  }

  std::vector<Contrast> contrasts_of(const Cell& cell) const {
    std::vector<Contrast> contrasts;
    if (result_.reference == nullptr || &cell == result_.reference || !is_measured(cell)) {
      return contrasts;
    }
    for (const FigureName figure : result_.figures) {
      contrasts.push_back(
          contrast_of(figures(result_.reference), figures(&cell), figure, footing_));
    }
    return contrasts;
  }

  double place_of(const Standing& standing, FigureName figure) const {
    if (standing.cell == result_.reference) return 1;
    return ratio_in(standing.contrasts, figure);
  }

  void sort_standings() {
    std::ranges::stable_sort(result_.standings, {}, [&](const Standing& standing) {
      return std::pair(!is_measured(*standing.cell), place_of(standing, ranking()));
    });
  }

  // How many of the standings have a place.
  std::size_t placed() const {
    const auto end = std::ranges::find_if(result_.standings, [&](const Standing& standing) {
      return std::isinf(place_of(standing, ranking()));
    });
    return static_cast<std::size_t>(end - result_.standings.begin());
  }

  // The medians of the members' ratios to the reference, of the blocks that have all of those
  // members that have any.
  BlockRatios family_ratios(const FamilyStanding& family, FigureName figure) const {
    std::map<std::int64_t, std::vector<double>> by_block;
    std::size_t members = 0;
    for (const Cell* cell : family.members) {
      const BlockRatios ratios = block_ratios(figures(result_.reference), figures(cell), figure);
      members += !ratios.empty();
      for (const auto& [block, ratio] : ratios) by_block[block].push_back(ratio);
    }
    BlockRatios medians;
    for (const auto& [block, ratios] : by_block) {
      if (ratios.size() == members) medians.emplace(block, median(ratios));
    }
    return medians;
  }

  void compare_families() {
    std::vector<FamilyStanding>& families = result_.families;
    for (const Standing& standing : result_.standings) {
      if (!is_measured(*standing.cell)) continue;
      auto family = std::ranges::find(families, standing.family, &FamilyStanding::name);
      if (family == families.end()) {
        family = families.insert(family, FamilyStanding{.name = standing.family});
      }
      family->members.push_back(standing.cell);
    }
    for (FamilyStanding& family : families) {
      if (is_of_reference(family)) continue;
      for (const FigureName figure : result_.figures) {
        family.contrasts.push_back(contrast_of(family_ratios(family, figure), figure, footing_));
      }
    }
    std::ranges::stable_sort(families, {},
                             [&](const FamilyStanding& family) { return place_of(family); });
  }

  double place_of(const FamilyStanding& family) const {
    return is_of_reference(family) ? 1 : ratio_in(family.contrasts, ranking());
  }

  bool is_of_reference(const FamilyStanding& family) const {
    return family.name == family_of(*result_.reference);
  }

  // Families against one another: their ratios to the reference, block by block. The reference
  // stands for its own family.
  Pairs family_pairs() const {
    std::vector<BlockRatios> ratios;
    for (const FamilyStanding& family : result_.families) {
      ratios.push_back(is_of_reference(family) ? block_ratios(figures(result_.reference),
                                                              figures(result_.reference), ranking())
                                               : family_ratios(family, ranking()));
    }
    Pairs pairs(ratios.size());
    for (std::size_t i = 0; i < ratios.size(); ++i) {
      for (std::size_t j = i + 1; j < ratios.size(); ++j) {
        BlockRatios between;
        for (const auto& [block, ratio] : ratios[j]) {
          const auto beside = ratios[i].find(block);
          if (beside != ratios[i].end()) between.emplace(block, ratio - beside->second);
        }
        pairs[i].push_back(contrast_of(between, ranking(), footing_));
      }
    }
    return pairs;
  }

  Pairs strategy_pairs() const {
    Pairs pairs(placed());
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      for (std::size_t j = i + 1; j < pairs.size(); ++j) {
        pairs[i].push_back(contrast_of(figures(result_.standings[i].cell),
                                       figures(result_.standings[j].cell), ranking(), footing_));
      }
    }
    return pairs;
  }

  // Tiers, and who is how far behind whom. All these questions are counted together.
  void compare_pairs() {
    Pairs pairs = strategy_pairs();
    Pairs families = family_pairs();
    std::vector<Contrast*> all;
    for (Pairs* each : {&pairs, &families}) {
      for (std::vector<Contrast>& row : *each) {
        for (Contrast& contrast : row) all.push_back(&contrast);
      }
    }
    std::vector<Standing>& standings = result_.standings;
    for (std::size_t i = 1; i < pairs.size(); ++i) {
      for (const FigureName figure : result_.figures) {
        if (figure == ranking()) continue;
        standings[i].behind.push_back(
            contrast_of(figures(standings[0].cell), figures(standings[i].cell), figure, footing_));
      }
      for (Contrast& contrast : standings[i].behind) all.push_back(&contrast);
    }
    conclude(all, footing_);

    const std::vector<std::size_t> tiers = tiers_of(pairs);
    std::map<std::string, std::size_t> bests;  // of families
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      Standing& standing = standings[i];
      standing.tier = tiers[i];
      if (i > 0) standing.behind.insert(standing.behind.begin(), pairs[0][i - 1]);
      const auto [best, is_best] = bests.emplace(standing.family, i);
      if (!is_best) standing.in_family = pairs[best->second][i - best->second - 1];
    }
    const std::vector<std::size_t> family_tiers = tiers_of(families);
    for (std::size_t i = 0; i < families.size(); ++i) {
      FamilyStanding& family = result_.families[i];
      if (std::isfinite(place_of(family))) family.tier = family_tiers[i];
      family.one_tier = std::ranges::none_of(standings, [&](const Standing& standing) {
        return standing.family == family.name && standing.in_family &&
               standing.in_family->decision() == Decision::worse;
      });
    }
  }

  // Among the best tier, and where that is one strategy alone, among the next tier too. Where all
  // have the same schedule, whoever is more punctual is a rival; where tasks set their own, a
  // typical latency is lateness, too.
  void find_losses() {
    const auto in_best_tier = [](const Standing& standing) { return standing.tier == 0U; };
    const auto winners = std::ranges::count_if(result_.standings, in_best_tier);
    const bool is_paced = std::ranges::any_of(group_.cells, &Cell::paced);
    const bool same_schedule = is_paced || is_open_loop(group_);
    for (const FigureName figure : result_.figures) {
      if (!is_traded(figure) && !(is_paced && figure == kServiceP50)) continue;
      const bool any_rival = same_schedule && figure != kMemoryPeak;
      std::vector<const Standing*> rivals;
      for (const Standing& standing : result_.standings) {
        if (in_best_tier(standing) || (winners == 1 && standing.tier == 1U) || any_rival) {
          rivals.push_back(&standing);
        }
      }
      for (const Standing* rival : rivals) {
        if (!in_best_tier(*rival)) continue;
        const Standing* const best =
            *std::ranges::min_element(rivals, {}, [&](const Standing* other) {
              return other == rival ? std::numeric_limits<double>::infinity()
                                    : place_of(*other, figure);
            });
        if (best == rival) continue;
        result_.losses.push_back(
            {.cell = rival->cell,
             .against = best->cell,
             .contrast = contrast_of(figures(best->cell), figures(rival->cell), figure, footing_)});
      }
    }
    std::vector<Contrast*> all;
    for (Loss& loss : result_.losses) all.push_back(&loss.contrast);
    conclude(all, footing_);
    std::erase_if(result_.losses,
                  [](const Loss& loss) { return loss.contrast.decision() != Decision::worse; });
  }

  void compare_twin() {
    for (const Cell* cell : measured_) {
      const CellFigures twin = figures_of(*cell, result::TrialKind::twin);
      if (twin.empty()) continue;
      NoiseFloor noise{.cell = cell};
      for (const FigureName figure : result_.figures) {
        noise.contrasts.push_back(contrast_of(figures(cell), twin, figure, footing_));
      }
      const Contrast& contrast = noise.contrasts.front();
      if (twin_differs(contrast.judgement)) {
        invalidate_all(fmt::format(
            "the twin of {} has {} times its {}", cell->strategy,
            text_of(ratio_of(ranking(), contrast.judgement.ratio, contrast.judgement.blocks)),
            info_of(ranking()).title()));
      }
      result_.noise = std::move(noise);
      return;
    }
  }

  // A machine that changed its speed in the run did so for all within a round: the ratios hold in
  // both of its states, or a reader sees that they do not.
  void note_machine_states() {
    const auto states = states_of(canaries_of(measured_));
    if (!states) return;
    std::vector<std::string> texts;
    for (const Standing& standing : result_.standings) {
      if (standing.contrasts.empty()) continue;
      const std::string fast = ratio_in_state(*standing.cell, *states, MachineState::fast);
      const std::string slow = ratio_in_state(*standing.cell, *states, MachineState::slow);
      texts.push_back(fmt::format("{} {} and {}", standing.cell->strategy, fast, slow));
    }
    std::string text =
        fmt::format("in {:.0f} % of the turns the CPUs were {:.2f} times as fast as in the others",
                    100 * states->fast_share, states->factor);
    if (!texts.empty()) {
      text += fmt::format("; {}, times {}, in fast and slow turns: {}", info_of(ranking()).title(),
                          result_.reference->strategy, fmt::join(texts, ", "));
    }
    result_.notes.push_back({std::string(kMachineStates), std::move(text)});
  }

  // "1.31": the median of blocks; "-" where no round of both was in that state.
  std::string ratio_in_state(const Cell& cell, const MachineStates& states,
                             MachineState state) const {
    const std::vector<double> ratios =
        log_ratios(in_state(figures(result_.reference), *result_.reference, states, state),
                   in_state(figures(&cell), cell, states, state), ranking());
    if (ratios.empty()) return "-";
    const auto ratio = ratio_of(ranking(), {.estimate = std::exp(median(ratios))}, ratios.size());
    return ratio_number(ratio->estimate);
  }

  void invalidate_all(const std::string& why) {
    result_.notes.push_back({std::string(kTwinDiffers), why});
    for (Standing& standing : result_.standings) {
      for (Contrast& contrast : standing.contrasts) invalidate(contrast, why);
      for (Contrast& contrast : standing.behind) invalidate(contrast, why);
      if (standing.in_family) invalidate(*standing.in_family, why);
      standing.tier.reset();
    }
    for (FamilyStanding& family : result_.families) {
      for (Contrast& contrast : family.contrasts) invalidate(contrast, why);
      family.tier.reset();
      family.one_tier = false;
    }
    result_.losses.clear();
  }

  const Group& group_;
  Footing footing_;
  std::vector<const Cell*> measured_;
  std::map<const Cell*, CellFigures> figures_;
  GroupComparison result_;
};

}  // namespace

GroupComparison standings_of(const Group& group, const std::string& reference,
                             const DecisionRule& rule, double trial_seconds) {
  return Standings(group, reference, rule, trial_seconds).take();
}

void add_losses_to_reference(GroupComparison& comparison) {
  for (const Standing& standing : comparison.standings) {
    if (standing.tier != 0U) continue;
    for (const Contrast& contrast : standing.contrasts) {
      const bool known = std::ranges::any_of(comparison.losses, [&](const Loss& loss) {
        return loss.cell == standing.cell && loss.contrast.figure == contrast.figure;
      });
      if (known || !is_traded(contrast.figure) || contrast.decision() != Decision::worse) continue;
      comparison.losses.push_back(
          {.cell = standing.cell, .against = comparison.reference, .contrast = contrast});
    }
  }
  std::ranges::stable_sort(comparison.losses, std::greater<>{},
                           [](const Loss& loss) { return loss.contrast.judgement.ratio.estimate; });
}

}  // namespace asyncbench::analyze
