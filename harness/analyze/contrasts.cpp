#include "analyze/contrasts.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "analyze/notes.hpp"
#include "analyze/ranking.hpp"
#include "analyze/ratio.hpp"

namespace asyncbench::analyze {
namespace {

std::string why_open(const Contrast& contrast, const DecisionRule& rule) {
  const Judgement& judgement = contrast.judgement;
  if (judgement.blocks < kLooks.front()) return too_few_text(judgement.blocks, kLooks.front());
  const std::string price = text_of(*contrast.price);
  if (judgement.p > rule.alpha) return price;
  return "a difference if it were the only question asked; " + price;
}

}  // namespace

const Contrast* find(const std::vector<Contrast>& contrasts, FigureName figure) {
  const auto found = std::ranges::find(contrasts, figure, &Contrast::figure);
  return found == contrasts.end() ? nullptr : &*found;
}

Contrast contrast_of(const CellFigures& reference, const CellFigures& other, FigureName figure,
                     const Footing& footing) {
  return contrast_of(
      block_ratios(reference, other, figure), figure, footing,
      reference.empty() || other.empty() ? "no valid trial" : "no such figure in both");
}

Contrast contrast_of(const BlockRatios& ratios, FigureName figure, const Footing& footing,
                     std::string lacking) {
  std::vector<double> values;
  for (const auto& [block, ratio] : ratios) values.push_back(ratio);
  Contrast contrast{.figure = figure, .judgement = decide(values, footing.rule)};
  if (values.empty()) contrast.why = std::move(lacking);
  return contrast;
}

void explain(Contrast& contrast, const Footing& footing) {
  if (contrast.decision() == Decision::invalid) return;
  contrast.why.clear();
  contrast.price.reset();
  if (contrast.decision() != Decision::undecided) return;
  contrast.price = price_of(contrast.judgement, footing.rule.margin, footing.block_seconds);
  contrast.why = why_open(contrast, footing.rule);
}

void conclude(const std::vector<Contrast*>& contrasts, const Footing& footing) {
  std::vector<Judgement*> judgements;
  for (Contrast* contrast : contrasts) judgements.push_back(&contrast->judgement);
  decide_together(judgements, footing.rule);
  for (Contrast* contrast : contrasts) explain(*contrast, footing);
}

std::vector<Contrast*> contrasts_with_reference(GroupComparison& group) {
  std::vector<Contrast*> all;
  for (FamilyStanding& family : group.families) {
    for (Contrast& contrast : family.contrasts) all.push_back(&contrast);
  }
  for (Standing& standing : group.standings) {
    for (Contrast& contrast : standing.contrasts) all.push_back(&contrast);
  }
  return all;
}

bool twin_differs(const Judgement& noise) {
  constexpr double kAlpha = 0.001;
  return noise.decision != Decision::invalid && noise.p < kAlpha;
}

void invalidate(Contrast& contrast, const std::string& why) {
  contrast.judgement.decision = Decision::invalid;
  contrast.judgement.blocks_needed.reset();
  contrast.price.reset();
  contrast.why = why;
}

void note_overload(GroupComparison& comparison, const Group& group) {
  if (!is_open_loop(group) || !any_has(group, kOverload)) return;
  comparison.notes.push_back(
      {std::string(kOverload),
       "some strategy did not achieve the offered load: CPU is not compared at equal load"});
}

}  // namespace asyncbench::analyze
