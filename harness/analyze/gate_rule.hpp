// The gate's decision: did the candidate get worse than the base by a margin that matters, or is
// that excluded, or is neither known? Knows paired log ratios and no results, so that it can be
// simulated.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "analyze/paired.hpp"

namespace asyncbench::analyze {

// The verdict on a hypothesis, or on the gate as a whole; the worse, the greater. judge() never
// says `invalid`: it is for the invariants and the sentinel, which are not seen here.
enum class Verdict : std::uint8_t { pass, inconclusive, regression, invalid };

// Why a finding is inconclusive.
enum class Doubt : std::uint8_t {
  none,              // it is not
  noise,             // the smallest detectable effect exceeds the margin: more pairs, less noise
  borderline,        // fine enough a measurement, but the truth lies near the margin
  clock_resolution,  // more than 20 % of the pairs are equal: the figure's steps are too coarse
  too_few,           // with so few pairs nothing can be rejected, see fewest_pairs()
};

// "This figure of this cell got worse by the margin or more."
struct Hypothesis {
  // One a pair, in the worse direction: > 0 when the candidate is worse. Take differences of
  // logarithms, see signed_rank(). Finite, at most kMostPairs.
  std::vector<double> log_ratios;
  double margin = 0.1;    // what is tolerated, as a share: 0.1 is 10 %; > 0
  bool advisory = false;  // shown, but decides nothing, and is not counted among the hypotheses
};

struct Finding {
  Verdict verdict = Verdict::inconclusive;
  Doubt doubt = Doubt::none;
  SignedRank test;  // its p_greater is of the hypothesis that nothing got worse
  // By Holm among the hypotheses that decide; of an advisory one, p_greater itself.
  double adjusted_p = 1;
  Location location;  // Hodges-Lehmann, at the look's alpha on each side
  // As a share; among as many hypotheses as adjusted_p.
  double smallest_detectable_effect = 0;
};

// One of the times that a gate looks at its data. Looking twice at 0.05 would err more often than
// 0.05; the looks share it.
struct Look {
  double alpha = 0.025;
};

// One finding a hypothesis, in their order, at `alpha` in (0, 0.5). In this order:
// - inconclusive (too_few) with fewer pairs than can reject anything, whatever they show: such a
//   gate could only pass.
// - inconclusive (clock_resolution) when more than 20 % of the log ratios are 0, but not all. The
//   figure then moves in steps as large as its noise, and what lies between two steps is not seen.
//   All 0 is another matter: a figure that stays the same to the last digit in every pair is a
//   count, or has no noise to hide anything; it passes by the next rule.
// - pass when the interval's upper end is below ln(1 + margin): the slowdown is excluded, not
//   merely unseen. False in at most `alpha` of all cases with a slowdown of the margin or more.
// - regression when adjusted_p <= alpha and the estimate is at least ln(1 + margin): worse for
//   sure, and by an amount that matters as far as one can tell.
// - inconclusive otherwise: too_few when zeros leave fewer pairs than can reject, noise when the
//   smallest detectable effect exceeds the margin, else borderline.
// Log ratios that are all equal and not 0 follow the same rules, and their location is flagged as
// degenerate: of a count (bytes a request) they are the plain truth, of a time they would be odd.
std::vector<Finding> judge(std::span<const Hypothesis> hypotheses, double alpha);

// The worst verdict among the hypotheses that decide: invalid, then regression, then inconclusive,
// then pass. Inconclusive when none decides: nothing has been excluded. `findings` are those of
// `hypotheses`, in their order.
Verdict worst(std::span<const Finding> findings, std::span<const Hypothesis> hypotheses);

}  // namespace asyncbench::analyze
