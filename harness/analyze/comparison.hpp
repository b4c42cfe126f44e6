// Whether strategies differ, by how much, at what price, and how sure that is; and what changed
// between two results.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "analyze/decision.hpp"
#include "analyze/figures.hpp"
#include "analyze/price.hpp"
#include "result/result.hpp"

namespace asyncbench::analyze {

// One figure of a strategy, a family, a twin or a later result against the reference's.
struct Contrast {
  FigureName figure = kTotalCpu;
  Judgement judgement;         // its ratio is in the worse direction, also for throughput
  std::string why;             // undecided, invalid: in words
  std::optional<Price> price;  // undecided: of telling a difference of the margin

  Decision decision() const { return judgement.decision; }
};

// Null when there is none of that figure.
const Contrast* find(const std::vector<Contrast>& contrasts, FigureName figure);

// A strategy in its group.
struct Standing {
  const result::Cell* cell = nullptr;
  std::string family;
  // Against the group's reference, one a figure in the order of GroupComparison::figures. Empty for
  // the reference itself and for what was not measured.
  std::vector<Contrast> contrasts;
  // The same against the group's best, empty for it.
  std::vector<Contrast> behind;
  // By the ranking figure against the best of its family; empty for that.
  std::optional<Contrast> in_family;
  // From 0: the strategies that are alike with the best, or not told apart from it by the margin.
  // Then those of the best that is worse, and so on. Empty where nothing valid was measured.
  std::optional<std::size_t> tier;
};

// Strategies that were named a family in advance, as one.
struct FamilyStanding {
  std::string name;
  std::vector<const result::Cell*> members;  // that were measured, the best first
  // Against the group's reference: a block's figure is the median of the members' in that block,
  // blocks without some member are left out. Empty for the reference's own family.
  std::vector<Contrast> contrasts;
  std::optional<std::size_t> tier;  // among families, as for strategies

  // All members share the best one's tier: which of them makes no difference that was shown.
  bool one_tier = false;
};

// What a strategy of the best tier pays for it: it is clearly worse in another figure.
struct Loss {
  const result::Cell* cell = nullptr;
  const result::Cell* against = nullptr;  // the best at it in the tier, or the reference
  Contrast contrast;
};

// A cell against its twin, which is the same thing: what its ratios differ from 1 is the noise of
// this run.
struct NoiseFloor {
  const result::Cell* cell = nullptr;
  std::vector<Contrast> contrasts;  // one a figure, in the order of GroupComparison::figures
};

// How the reference of a group was chosen.
enum class ReferenceChoice : std::uint8_t {
  named,  // asked for, now or when it was measured
  usual,  // result::kUsualReference
  first,  // the first that was measured, since neither takes part
};

// Strategies for the same work, or, between results, one cell as it was and is.
struct GroupComparison {
  std::string name;                         // "fetch/connections:64"
  std::vector<FigureName> figures;          // that are compared, the ranking one first
  const result::Cell* reference = nullptr;  // null: nothing valid was measured
  ReferenceChoice chosen = ReferenceChoice::first;
  std::vector<FamilyStanding> families;  // the best first
  // The best first, by the ranking figure's ratio to the reference; what was not measured last.
  std::vector<Standing> standings;
  std::vector<Loss> losses;         // of the best tier, the largest first
  std::optional<NoiseFloor> noise;  // empty: no cell had a twin
  std::vector<result::Note> notes;  // what weakens the group's decisions
};

struct Comparison {
  DecisionRule rule;
  bool apart = false;  // the two sides were measured in different runs: nothing is more than likely
  std::vector<GroupComparison> groups;
  std::vector<result::Note> notes;   // about all of it
  std::vector<std::string> missing;  // cells that only one of two results has
};

// How the result's plan decides: its --relevant as the margin, and whether blocks were added until
// all was decided. Results before there was such a plan had a fixed number of blocks.
DecisionRule rule_of(const result::Result& result);

// Within one result, paired by block: in each group every strategy, and every family of strategies,
// against the reference: the one that is named, else the plan's --against, else
// result::kUsualReference, else the first that was measured. A group whose twin differs beyond
// chance (p < 0.001) is invalid as a whole. Benjamini-Hochberg over all contrasts with references;
// and over all that a group's tiers and losses go by. The result outlives the comparison and has
// its summaries.
Comparison compare_strategies(const result::Result& result, const std::string& reference = "");

// The cells of a group that one more block could decide something about: those whose ranking figure
// is undecided against the reference or the best of their family, all members of families that are
// undecided, and the reference itself. Empty when all is decided.
std::vector<const result::Cell*> undecided_cells(const GroupComparison& group);

// The cells that both results have, `after` against `before`, on the blocks in their order.
// Whatever changed on the machine between the two runs is not in the interval.
Comparison compare_results(const result::Result& before, const result::Result& after);

// Where the same work was measured with several peer strategies, notes of each group of
// `comparison` whether some strategy is in the first tier with each of them (kPeersAgree), or which
// is best depends on the peer (kPeersDisagree). Within its result, as compare_strategies() does, or
// across several results, where it also notes which were measured with one peer alone (kOnePeer).
void note_peers(Comparison& comparison, const result::Result& result);
void note_peers(Comparison& comparison, const std::vector<const result::Result*>& results);

}  // namespace asyncbench::analyze
