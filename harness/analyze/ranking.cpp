#include "analyze/ranking.hpp"

#include <algorithm>
#include <limits>

#include "analyze/notes.hpp"

namespace asyncbench::analyze {

using result::Cell;

bool any_has(const Group& group, std::string_view code) {
  return std::ranges::any_of(group.cells, [&](const Cell* cell) { return has_note(*cell, code); });
}

bool any_has(const Group& group, Figure figure) {
  return std::ranges::any_of(group.cells, [&](const Cell* cell) {
    return cell->summary && ((*cell->summary).*info_of(figure).summary).has_value();
  });
}

Figure cpu_figure_of(const Group& group) {
  return any_has(group, kPeersDiffer) ? Figure::total_cpu : Figure::cpu;
}

Figure ranking_of(const Group& group) {
  if (is_open_loop(group)) return Figure::response_p99;
  const bool paced = std::ranges::any_of(group.cells, &Cell::paced);
  if (paced || any_has(group, kGeneratorLimited)) return cpu_figure_of(group);
  return Figure::throughput;
}

std::vector<const Cell*> ranked(const Group& group, Figure by) {
  const FigureInfo& info = info_of(by);
  std::vector<const Cell*> cells;
  for (const Cell* cell : group.cells) {
    if (cell->status == result::CellStatus::measured && cell->summary) cells.push_back(cell);
  }
  const auto badness = [&](const Cell* cell) {
    const auto& figure = (*cell->summary).*info.summary;
    if (!figure) return std::numeric_limits<double>::infinity();
    return info.higher_is_better ? -figure->median : figure->median;
  };
  std::ranges::stable_sort(cells, {}, badness);
  return cells;
}

}  // namespace asyncbench::analyze
