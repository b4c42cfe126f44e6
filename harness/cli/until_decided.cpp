#include "cli/until_decided.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <vector>

#include "analyze/comparison.hpp"
#include "analyze/summary.hpp"
#include "cli/progress.hpp"

namespace asyncbench::cli {
namespace {

using analyze::GroupComparison;
using result::TrialKind;

// Measured of the cell.
unsigned blocks_of(const result::Cell& cell) {
  std::int64_t blocks = 0;
  for (const result::Trial& trial : cell.trials) {
    if (trial.kind == TrialKind::timed) blocks = std::max(blocks, trial.block + 1);
  }
  return static_cast<unsigned>(blocks);
}

// The cells of the point that are to be measured on.
std::vector<std::size_t> undecided_in(const run::Point& point, const run::Plan& plan,
                                      const GroupComparison& group) {
  std::vector<std::size_t> undecided;
  const auto cells = analyze::undecided_cells(group);
  for (const std::size_t index : point.cells) {
    const std::string& id = plan.cells[index].id;
    if (std::ranges::find(cells, id, &result::Cell::id) != cells.end()) undecided.push_back(index);
  }
  return undecided;
}

}  // namespace

bool UntilDecided::operator()(run::Plan& plan, const result::Result& so_far) {
  const Duration budget = plan.settings.budget;
  if (budget == Duration{0}) return false;
  result::Result seen = so_far;
  analyze::summarize(seen);
  const analyze::Comparison comparison = analyze::compare_strategies(seen);
  Duration planned = plan.expected_time();
  std::size_t decided = 0;
  std::size_t contrasts = 0;
  std::size_t left = 0;
  Duration lacking{0};
  std::vector<run::PlannedTrial> added;
  for (const run::Point& point : run::points_of(plan)) {
    const std::string& reference = plan.cells[point.reference].id;
    const auto group = std::ranges::find_if(comparison.groups, [&](const GroupComparison& of) {
      return of.reference != nullptr && of.reference->id == reference;
    });
    if (point.cells.size() < 2 || group == comparison.groups.end()) continue;
    for (const analyze::Standing& standing : group->standings) {
      if (standing.cell == group->reference || standing.contrasts.empty()) continue;
      ++contrasts;
      decided += analyze::is_decided(standing.contrasts.front().decision()) ? 1 : 0;
    }
    run::Point narrowed = point;
    narrowed.cells = undecided_in(point, plan, *group);
    const unsigned blocks = blocks_of(*group->reference);
    const auto next = analyze::next_look(blocks);
    if (narrowed.cells.size() < 2 || !next) continue;
    std::vector<run::PlannedTrial> trials;
    for (unsigned block = blocks; block < *next; ++block) {
      std::mt19937_64 random(run::trial_seed(plan.settings.seed, block));
      run::add_block(trials, {narrowed}, block, random);
    }
    const run::Plan grown{.settings = plan.settings, .cells = plan.cells, .trials = trials};
    const Duration takes = grown.expected_time();
    if (planned + takes > budget) {
      lacking += takes;
      continue;
    }
    planned += takes;
    left += narrowed.cells.size() - 1;
    added.insert(added.end(), trials.begin(), trials.end());
  }
  std::string line = fmt::format("{} of {} decided", decided, contrasts);
  if (left > 0) line += fmt::format("; measuring {} on", left);
  if (lacking > Duration{0}) {
    line +=
        fmt::format("; the budget of {} leaves others undecided (--budget)", clock_text(budget));
  }
  if (contrasts > 0) note_(line);
  plan.trials.insert(plan.trials.end(), added.begin(), added.end());
  return !added.empty();
}

}  // namespace asyncbench::cli
