#include "analyze/comparison.hpp"

#include <algorithm>
#include <charconv>

#include "analyze/contrasts.hpp"
#include "analyze/standings.hpp"
#include "analyze/summary.hpp"

namespace asyncbench::analyze {
namespace {

std::string option_text(const result::Result& result, std::string_view name) {
  const result::Value* const value = result::find(result.plan.options, name);
  return value == nullptr ? "" : result::text_of(*value);
}

// The number that a text begins with; 0 without one.
double leading_number(const std::string& text) {
  double number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

bool is_undecided(const std::vector<Contrast>& contrasts) {
  return !contrasts.empty() && contrasts.front().decision() == Decision::undecided;
}

}  // namespace

DecisionRule rule_of(const result::Result& result) {
  DecisionRule rule;
  // "3%" and "10m", as run's settings write them.
  if (const double percent = leading_number(option_text(result, "relevant")); percent > 0) {
    rule.margin = percent / 100;
  }
  rule.until_decided = leading_number(option_text(result, "budget")) > 0;
  return rule;
}

Comparison compare_strategies(const result::Result& result, const std::string& reference) {
  Comparison comparison{.rule = rule_of(result)};
  const double seconds = trial_seconds(result);
  const std::string wanted = reference.empty() ? option_text(result, "against") : reference;
  // One conclusion for all groups; how long a block takes differs between them.
  std::vector<Judgement*> judgements;
  for (const Group& group : groups_of(result)) {
    comparison.groups.push_back(standings_of(group, wanted, comparison.rule, seconds));
  }
  for (GroupComparison& group : comparison.groups) {
    for (Contrast* contrast : contrasts_with_reference(group)) {
      judgements.push_back(&contrast->judgement);
    }
  }
  decide_together(judgements, comparison.rule);
  for (GroupComparison& group : comparison.groups) {
    const auto cells = std::ranges::count_if(group.standings, [](const Standing& standing) {
      return standing.cell->summary.has_value();
    });
    for (Contrast* contrast : contrasts_with_reference(group)) {
      explain(*contrast,
              {.rule = comparison.rule, .block_seconds = seconds * static_cast<double>(cells)});
    }
    add_losses_to_reference(group);
  }
  note_peers(comparison, result);
  return comparison;
}

std::vector<const result::Cell*> undecided_cells(const GroupComparison& group) {
  std::vector<const result::Cell*> cells;
  const auto add = [&](const result::Cell* cell) {
    if (std::ranges::find(cells, cell) == cells.end()) cells.push_back(cell);
  };
  for (const FamilyStanding& family : group.families) {
    if (is_undecided(family.contrasts)) std::ranges::for_each(family.members, add);
  }
  for (const Standing& standing : group.standings) {
    if (is_undecided(standing.contrasts)) add(standing.cell);
    if (!standing.in_family || standing.in_family->decision() != Decision::undecided) continue;
    add(standing.cell);
    // The best of its family stands first.
    add(std::ranges::find(group.standings, standing.family, &Standing::family)->cell);
  }
  if (!cells.empty()) add(group.reference);
  return cells;
}

}  // namespace asyncbench::analyze
