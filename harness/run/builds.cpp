#include "run/builds.hpp"

#include <algorithm>
#include <array>
#include <random>
#include <vector>


namespace asyncbench::run {
namespace {

using result::TrialKind;

PlannedCell under(PlannedCell cell, std::string_view build, const Builds& builds,
                  const std::string& path) {
  cell.build = build;
  (builds.are_plugins ? cell.plugin : cell.program) = path;
  set_names(cell);
  return cell;
}

// The index of the cell in the plan, which gains it if it lacks it.
std::size_t index_of(Plan& plan, PlannedCell cell) {
  const auto known = std::ranges::find(plan.cells, cell.id, &PlannedCell::id);
  const auto index = static_cast<std::size_t>(known - plan.cells.begin());
  if (known == plan.cells.end()) plan.cells.push_back(std::move(cell));
  return index;
}

// The same work with one request in flight.
PlannedCell one_at_a_time(PlannedCell cell) {
  for (const std::string_view name : {"connections", "in_flight"}) {
    if (cell.work.parameters.has(name)) cell.work.parameters.put(name, std::uint64_t{1});
  }
  return cell;
}

// The builds of one cell, next to each other: indices into Plan::cells.
using Together = std::vector<std::size_t>;

void add_block(Plan& plan, std::vector<Together> cells, unsigned block, TrialKind kind) {
  std::mt19937_64 random(trial_seed(plan.settings.seed, block) + static_cast<unsigned>(kind));
  std::ranges::shuffle(cells, random);
  for (Together& together : cells) {
    std::ranges::shuffle(together, random);
    for (const std::size_t cell : together) {
      plan.trials.push_back({.cell = cell, .block = block, .kind = kind});
    }
  }
}

}  // namespace

Plan plan_of_builds(const Plan& plan, const Builds& builds, unsigned blocks, bool count_syscalls) {
  Plan paired = plan;
  paired.cells.clear();
  paired.trials.clear();
  if (builds.are_plugins) {
    paired.settings.peer_plugin = builds.base;
    // Each participant loads one of the builds, and the other plugins.
    std::erase(paired.settings.plugins, builds.base);
  } else {
    paired.settings.peer_program = builds.base;
  }
  std::vector<Together> counted;
  for (const PlannedCell& cell : plan.cells) {
    if (!cell.unsupported.empty()) continue;
    const bool first = paired.cells.empty();
    index_of(paired, under(cell, result::kBaseBuild, builds, builds.base));
    index_of(paired, under(cell, result::kCandidateBuild, builds, builds.candidate));
    if (first && !builds.sentinel.empty())
      index_of(paired, under(cell, result::kSentinelBuild, builds, builds.sentinel));
  }
  if (count_syscalls) {
    for (const PlannedCell& cell : plan.cells) {
      if (!cell.unsupported.empty()) continue;
      PlannedCell single = one_at_a_time(cell);
      single.counts_only = true;
      const std::size_t base =
          index_of(paired, under(single, result::kBaseBuild, builds, builds.base));
      const std::size_t candidate =
          index_of(paired, under(single, result::kCandidateBuild, builds, builds.candidate));
      const Together together = {base, candidate};
      if (std::ranges::find(counted, together) == counted.end()) counted.push_back(together);
    }
  }
  for (unsigned block = 0; block < kCountTrials; ++block) {
    add_block(paired, counted, block, TrialKind::count);
  }
  paired.settings.trials = 0;
  add_blocks(paired, blocks);
  return paired;
}

void add_blocks(Plan& plan, unsigned blocks) {
  // The builds of a cell stand next to each other in the plan; those with counts alone are left
  // out.
  std::vector<Together> timed;
  for (std::size_t i = 0; i < plan.cells.size(); ++i) {
    if (plan.cells[i].counts_only) continue;
    if (plan.cells[i].build == result::kBaseBuild) timed.emplace_back();
    timed.back().push_back(i);
  }
  for (unsigned block = plan.settings.trials; block < blocks; ++block) {
    add_block(plan, timed, block, TrialKind::timed);
  }
  plan.settings.trials = blocks;
}

}  // namespace asyncbench::run
