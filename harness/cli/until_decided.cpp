#include "cli/until_decided.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <vector>

#include "cli/progress.hpp"

namespace asyncbench::cli {
namespace {

using analyze::CellFigures;
using analyze::Judgement;
using result::TrialKind;

// What a look at one point has found.
struct Look {
  std::size_t decided = 0;
  std::size_t contrasts = 0;
  std::vector<std::size_t> undecided;  // indices into Plan::cells
  unsigned blocks = 0;                 // measured of the reference
};

unsigned blocks_of(const result::Cell& cell) {
  std::int64_t blocks = 0;
  for (const result::Trial& trial : cell.trials) {
    if (trial.kind == TrialKind::timed) blocks = std::max(blocks, trial.block + 1);
  }
  return static_cast<unsigned>(blocks);
}

Look look_at(const run::Point& point, const run::Plan& plan, const result::Result& so_far) {
  Look look;
  const result::Cell* const reference = so_far.find_cell(plan.cells[point.reference].id);
  if (reference == nullptr) return look;
  look.blocks = blocks_of(*reference);
  const CellFigures reference_figures = analyze::figures_of(*reference);
  for (const std::size_t index : point.cells) {
    if (index == point.reference) continue;
    const run::PlannedCell& cell = plan.cells[index];
    const result::Cell* const row = so_far.find_cell(cell.id);
    if (row == nullptr) continue;
    const Judgement judgement = analyze::decide(
        analyze::log_ratios(reference_figures, analyze::figures_of(*row), deciding_figure(cell)),
        rule_of(plan.settings));
    ++look.contrasts;
    if (analyze::is_decided(judgement.decision)) {
      ++look.decided;
    } else {
      look.undecided.push_back(index);
    }
  }
  return look;
}

}  // namespace

analyze::DecisionRule rule_of(const run::Settings& settings) {
  return {.margin = settings.relevant.value, .until_decided = settings.budget > Duration{0}};
}

analyze::FigureName deciding_figure(const run::PlannedCell& cell) {
  return cell.workload->roles(cell.work).size() > 1 ? analyze::kTotalCpu : analyze::kCpu;
}

bool UntilDecided::operator()(run::Plan& plan, const result::Result& so_far) {
  const Duration budget = plan.settings.budget;
  if (budget == Duration{0}) return false;
  Duration planned = plan.expected_time();
  std::size_t decided = 0;
  std::size_t contrasts = 0;
  std::size_t left = 0;
  Duration lacking{0};
  std::vector<run::PlannedTrial> added;
  for (const run::Point& point : run::points_of(plan)) {
    if (point.cells.size() < 2) continue;
    const Look look = look_at(point, plan, so_far);
    decided += look.decided;
    contrasts += look.contrasts;
    const auto next = analyze::next_look(look.blocks);
    if (look.undecided.empty() || !next) continue;
    run::Point narrowed = point;
    narrowed.cells = look.undecided;
    narrowed.cells.push_back(point.reference);
    std::vector<run::PlannedTrial> trials;
    for (unsigned block = look.blocks; block < *next; ++block) {
      std::mt19937_64 random(run::trial_seed(plan.settings.seed, block));
      run::add_block(trials, {narrowed}, block, random);
    }
    run::Plan grown{.settings = plan.settings, .cells = plan.cells, .trials = trials};
    const Duration takes = grown.expected_time();
    if (planned + takes > budget) {
      lacking += takes;
      continue;
    }
    planned += takes;
    left += look.undecided.size();
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
