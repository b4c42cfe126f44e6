// Whether two things differ enough to matter: a decision after as few blocks as it takes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "analyze/paired.hpp"

namespace asyncbench::analyze {

// What is known of the other against the reference.
enum class Decision : std::uint8_t {
  better,           // the interval leaves out equality, and the estimate is the margin or more
  slightly_better,  // the interval leaves out equality, but the estimate is below the margin
  alike,            // a difference of the margin or more is excluded
  slightly_worse,
  worse,
  undecided,  // more blocks would decide it: see Judgement::blocks_needed
  invalid,    // nothing valid to compare
};
std::string_view name_of(Decision decision);

// No further block is needed: everything but undecided.
inline bool is_decided(Decision decision) { return decision != Decision::undecided; }
// A difference was shown, be it below the margin.
bool is_different(Decision decision);
bool is_better(Decision decision);  // better or slightly so
bool is_worse(Decision decision);   // worse or slightly so

struct DecisionRule {
  double margin = 0.03;  // the smallest difference worth a decision, as a share: 0.03 is 3 %
  double alpha = 0.05;   // two-sided, over all looks together
  // The blocks are looked at after each of kLooks, until all is decided. False: their number was
  // fixed in advance, and one look has the whole of alpha.
  bool until_decided = true;
};

// After how many blocks a run looks whether it is decided.
inline constexpr std::array<std::size_t, 6> kLooks = {6, 8, 12, 16, 24, 32};

// The first look after that many blocks; empty after the last one.
std::optional<std::size_t> next_look(std::size_t blocks);

// The two-sided level at which the look after that many blocks tests: what the spending function
// alpha * (blocks / 32)^1.5 has spent by then, less what it had spent at the look before. A number
// of blocks between two looks (some block was invalid, or the time was up) counts as the earlier
// one, late. After 32 blocks: the level of the last look. 0 before the first.
//
// Spending: Lan and DeMets, Biometrika 70 (1983); this power family: Kim and DeMets, Biometrika 74
// (1987). Exponent 1 is like Pocock's boundary, 3 like that of O'Brien and Fleming, which would
// spend 0.0003 on the first look and hardly ever end there. At 1.5, six
// blocks decide an A/A comparison, or a difference of 5 %, where the deviation of a block's log
// ratio is 1 %. The levels add up to alpha, so that the bound on errors needs no assumption about
// how looks depend on one another (Bonferroni); the exact boundary would save 5 % of the blocks.
double level_at(std::size_t blocks, const DecisionRule& rule);

// One contrast, judged. All ratios are the other's figure over the reference's in the worse
// direction: 1.1 is 10 % worse.
struct Judgement {
  std::size_t blocks = 0;
  // Where 1 is inside the interval at this look's level, no difference is shown. Its intervals at
  // all looks hold together with a probability of 1 - alpha (repeated confidence intervals:
  // Jennison and Turnbull, JRSS B 51 (1989)). The ends may be infinite (0 and infinity).
  Location ratio;
  // Two-sided, that there is no difference, counted over all looks: at most alpha where the look's
  // own p is at most its level.
  double p = 1;
  double adjusted_p = 1;  // among many contrasts: see decide_together()
  double deviation = 0;   // standard deviation of the blocks' log ratios; 0 for a single one
  // The interval of two one-sided tests lies within the margin (Schuirmann, Journal of
  // Pharmacokinetics and Biopharmaceutics 15 (1987)).
  bool within_margin = false;
  Decision decision = Decision::invalid;
  // Undecided: after how many blocks in all a difference of the margin would be shown with a power
  // of 80 %, if they spread as those at hand do. Empty where 10,000 would not do.
  std::optional<std::size_t> blocks_needed;
};

// Judges one log ratio a block (ln(other / reference), > 0 where the other is worse), all finite.
// Invalid without any.
//
// Estimate and interval: from 12 blocks on Hodges-Lehmann with the exact signed-rank test (see
// paired.hpp). Before, where even unanimous blocks have a p of 0.03 (6) and 0.008 (8) in that test,
// above a look's level and too much to be adjusted for many contrasts, the mean with Student's t.
// Student's test keeps levels below 0.08 for blocks of unequal variance and for symmetric noise
// with heavy tails (Bakirov and Szekely, Journal of Mathematical Sciences 139 (2006); Ibragimov and
// Mueller, Journal of Business and Economic Statistics 28 (2010)), and the log ratios of two things
// that do not differ are symmetric. bench/decision_simulation shows the error rates, also of skewed
// noise.
Judgement decide(std::span<const double> log_ratios, const DecisionRule& rule);

// The same judgements together: adjusts their p for their number (Benjamini-Hochberg, q = alpha),
// and takes back the differences that do not stand up to it. Invalid ones do not count.
void decide_together(std::span<Judgement* const> judgements, const DecisionRule& rule);

}  // namespace asyncbench::analyze
