#include "analyze/versus.hpp"

#include <algorithm>

#include "analyze/contrasts.hpp"
#include "analyze/summary.hpp"

namespace asyncbench::analyze {
namespace {

const result::Cell* cell_of(const Group& group, const std::string& strategy) {
  const auto found = std::ranges::find(group.cells, strategy, &result::Cell::strategy);
  return found == group.cells.end() ? nullptr : *found;
}

bool has_any(const CellFigures& cell, FigureName figure) {
  return std::ranges::any_of(cell,
                             [&](const auto& block) { return block.second.contains(figure); });
}

std::vector<FigureName> compared(const CellFigures& cell) {
  const bool open_loop = has_any(cell, kResponseP50);
  std::vector<FigureName> figures = {has_any(cell, kTotalCpu) ? kTotalCpu : kCpu,
                                     open_loop ? kResponseP50 : kServiceP50,
                                     open_loop ? kResponseP99 : kServiceP99};
  if (!open_loop) figures.push_back(kThroughput);
  return figures;
}

}  // namespace

const Judgement* Condition::find(FigureName figure) const {
  const auto found = std::ranges::find(contrasts, figure, &Contrast::figure);
  return found == contrasts.end() ? nullptr : &found->judgement;
}

std::vector<Condition> conditions_of(const result::Result& result, const std::string& reference,
                                     const std::string& other, const DecisionRule& rule) {
  std::vector<Condition> conditions;
  for (const Group& group : groups_of(result)) {
    Condition condition{
        .name = group.name, .reference = cell_of(group, reference), .other = cell_of(group, other)};
    if (condition.reference == nullptr || condition.other == nullptr) continue;
    const CellFigures base = figures_of(*condition.reference);
    const CellFigures beside = figures_of(*condition.other);
    if (base.empty() || beside.empty()) continue;
    for (const FigureName figure : compared(base)) {
      condition.contrasts.push_back({figure, decide(log_ratios(base, beside, figure), rule)});
    }
    const CellFigures twin = figures_of(*condition.reference, result::TrialKind::twin);
    if (!twin.empty()) {
      condition.noise = decide(log_ratios(base, twin, condition.contrasts.front().figure), rule);
    }
    conditions.push_back(std::move(condition));
  }
  // As many questions as conditions.
  std::vector<Judgement*> deciding;
  for (Condition& condition : conditions) {
    deciding.push_back(&condition.contrasts.front().judgement);
  }
  decide_together(deciding, rule);
  for (Condition& condition : conditions) {
    if (condition.noise && twin_differs(*condition.noise)) {
      for (Contrast& contrast : condition.contrasts) invalidate(contrast, "its twin differs");
    }
  }
  return conditions;
}

}  // namespace asyncbench::analyze
