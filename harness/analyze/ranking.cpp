#include "analyze/ranking.hpp"

#include <algorithm>
#include <limits>

#include "analyze/notes.hpp"

namespace asyncbench::analyze {

using result::Cell;

bool any_has(const Group& group, std::string_view note) {
  return std::ranges::any_of(group.cells, [&](const Cell* cell) { return has_note(*cell, note); });
}

bool has_figure(const Group& group, FigureName figure) {
  return std::ranges::any_of(group.cells,
                             [&](const Cell* cell) { return cell->find(figure) != nullptr; });
}

FigureName cpu_figure_of(const Group& group) {
  return any_has(group, kPeersDiffer) ? kTotalCpu : kCpu;
}

FigureName ranking_of(const Group& group) {
  if (is_open_loop(group)) return kResponseP99;
  const bool paced = std::ranges::any_of(group.cells, &Cell::paced);
  if (paced || any_has(group, kGeneratorLimited)) return cpu_figure_of(group);
  return kThroughput;
}

std::vector<const Cell*> ranked(const Group& group, FigureName by) {
  const bool higher_is_better = info_of(by).higher_is_better.value_or(false);
  std::vector<const Cell*> cells;
  for (const Cell* cell : group.cells) {
    if (cell->status == result::CellStatus::measured && cell->summary) cells.push_back(cell);
  }
  const auto badness = [&](const Cell* cell) {
    const result::Estimate* const figure = cell->find(by);
    if (figure == nullptr) return std::numeric_limits<double>::infinity();
    return higher_is_better ? -figure->median : figure->median;
  };
  std::ranges::stable_sort(cells, {}, badness);
  return cells;
}

}  // namespace asyncbench::analyze
