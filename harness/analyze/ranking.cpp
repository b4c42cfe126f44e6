#include "analyze/ranking.hpp"

#include <algorithm>
#include <array>

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
  return has_figure(group, kTotalCpu) ? kTotalCpu : kCpu;
}

FigureName ranking_of(const Group& group) {
  const FigureName cpu = cpu_figure_of(group);
  if (has_figure(group, cpu)) return cpu;
  return is_open_loop(group) ? kResponseP99 : kThroughput;
}

std::vector<FigureName> compared_figures(const Group& group) {
  std::vector<FigureName> figures = {ranking_of(group)};
  const auto add = [&](FigureName figure) {
    if (figure != figures.front() && has_figure(group, figure)) figures.push_back(figure);
  };
  add(kCpu);
  const bool open_loop = is_open_loop(group);
  const bool paced = std::ranges::any_of(group.cells, &Cell::paced);
  // The schedule, the work or the generator's limit fixes it elsewhere.
  if (!open_loop && !paced && !any_has(group, kGeneratorLimited)) add(kThroughput);
  add(open_loop ? kResponseP50 : kServiceP50);
  add(open_loop ? kResponseP99 : kServiceP99);
  add(kHeartbeatLagP99);
  add(kMemoryPeak);
  return figures;
}

bool is_traded(FigureName figure) {
  constexpr std::array kTraded = {kServiceP99, kResponseP99, kHeartbeatLagP99, kMemoryPeak};
  return std::ranges::find(kTraded, figure) != kTraded.end();
}

}  // namespace asyncbench::analyze
