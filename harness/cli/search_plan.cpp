#include "cli/search_plan.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cli/command.hpp"
#include "run/selection.hpp"

namespace asyncbench::cli {

void keep_supported(run::Plan& plan) {
  for (const run::PlannedCell& cell : plan.cells) {
    if (cell.unsupported.empty() || !cell.named) continue;
    throw CommandError(ExitCode::incomplete,
                       fmt::format("{} cannot run {} here: {}", cell.strategy,
                                   cell.workload->info().name, cell.unsupported),
                       "");
  }
  if (const std::string why = run::why_nothing_runs(plan); !why.empty()) {
    throw CommandError(ExitCode::incomplete, why, "");
  }
  std::erase_if(plan.cells, [](const run::PlannedCell& cell) { return !cell.unsupported.empty(); });
}

run::Plan plan_at(const run::RunOptions& options, const std::string& parameter,
                  const workloads::ParameterValue& value, const Registry& registry) {
  run::RunOptions at = options;
  at.parameters[parameter] = {value};
  run::Plan plan = run::make_plan(at, registry, false);
  for (std::size_t i = 1; i < plan.cells.size(); ++i) {
    if (plan.cells[i].point == plan.cells[0].point) continue;
    throw usage_error("a search varies one parameter, but another one has several values",
                      "give every other parameter one value");
  }
  keep_supported(plan);
  plan.trials.clear();
  return plan;
}

std::size_t add_cell(run::Plan& plan, const run::PlannedCell& cell) {
  const auto known = std::ranges::find(plan.cells, cell.id, &run::PlannedCell::id);
  const auto index = static_cast<std::size_t>(known - plan.cells.begin());
  if (known == plan.cells.end()) plan.cells.push_back(cell);
  return index;
}

void add_trial(run::Plan& plan, std::size_t cell, unsigned block) {
  plan.trials.push_back({.cell = cell, .block = block});
  plan.settings.trials = std::max(plan.settings.trials, block + 1);
}

unsigned blocks_of(const run::Plan& plan, std::size_t cell) {
  return static_cast<unsigned>(std::ranges::count(plan.trials, cell, &run::PlannedTrial::cell));
}

const result::Trial* record_of(const result::Result& measured, const std::string& cell_id,
                               unsigned block) {
  const result::Cell* const cell = measured.find_cell(cell_id);
  if (cell == nullptr) return nullptr;
  const result::Trial* found = nullptr;
  for (const result::Trial& trial : cell->trials) {
    if (trial.block == block) found = &trial;
  }
  return found;
}

}  // namespace asyncbench::cli
