// What changed between two results.
#include <fmt/format.h>

#include "analyze/comparison.hpp"
#include "analyze/contrasts.hpp"
#include "analyze/footing.hpp"
#include "analyze/notes.hpp"
#include "analyze/ranking.hpp"
#include "analyze/summary.hpp"

namespace asyncbench::analyze {
namespace {

using result::Cell;
using result::Result;

// Says that the cell failed in that result.
bool fails(const Cell& cell, std::string_view which, Comparison& comparison) {
  if (cell.status != result::CellStatus::failed) return false;
  comparison.missing.push_back(
      fmt::format("{}: failed in the {} result: {}", cell.id, which, cell.reason));
  return true;
}

}  // namespace

Comparison compare_results(const Result& before, const Result& after) {
  Comparison comparison{.rule = rule_of(after), .apart = true};
  // Nobody looked at the two together before.
  comparison.rule.until_decided = false;
  comparison.notes.push_back(
      {"measured_apart",
       "The two were measured in different runs: what changed on the machine between them is not "
       "in the intervals, so nothing is more than likely. asyncbench gate measures two builds "
       "side by side."});
  for (std::string& remark :
       build_remarks(ingredients_of(before.environment), ingredients_of(after.environment))) {
    comparison.notes.push_back({std::string(kBuilds), std::move(remark)});
  }
  const Footing footing{.rule = comparison.rule,
                        .block_seconds = trial_seconds(before) + trial_seconds(after)};
  for (const Group& same_work : groups_of(after)) {
    for (const Cell* is : same_work.cells) {
      const Cell* const was = before.find_cell(is->id);
      if (was == nullptr) {
        comparison.missing.push_back(is->id + ": only in the second result");
        continue;
      }
      if (fails(*was, "first", comparison) || fails(*is, "second", comparison)) continue;
      const Group both{.name = is->id, .cells = {was, is}};
      GroupComparison group{.name = is->id, .figures = compared_figures(both), .reference = was};
      Standing standing{.cell = is};
      const CellFigures figures_before = figures_of(*was);
      const CellFigures figures_after = figures_of(*is);
      for (const FigureName figure : group.figures) {
        standing.contrasts.push_back(contrast_of(figures_before, figures_after, figure, footing));
      }
      group.standings.push_back({.cell = was});
      group.standings.push_back(std::move(standing));
      note_overload(group, both);
      comparison.groups.push_back(std::move(group));
    }
  }
  for (const Cell& was : before.cells) {
    if (after.find_cell(was.id) == nullptr) {
      comparison.missing.push_back(was.id + ": only in the first result");
    }
  }
  std::vector<Contrast*> all;
  for (GroupComparison& group : comparison.groups) {
    for (Contrast* contrast : contrasts_with_reference(group)) all.push_back(contrast);
  }
  conclude(all, footing);
  return comparison;
}

}  // namespace asyncbench::analyze
