// What more certainty would cost: how many blocks, and about how long they take.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "analyze/decision.hpp"
#include "result/result.hpp"

namespace asyncbench::analyze {

// The wall time of one trial in this run, processes and pauses included, in seconds. Of a run that
// was resumed or did not end: warm-up and window alone. 0 for a result without trials.
double trial_seconds(const result::Result& result);

// What it takes to tell a difference of a size.
struct Price {
  double effect = 0;          // the difference, as a share: 0.05 is 5 %
  std::size_t blocks = 0;     // in all, those that were measured included
  double seconds = 0;         // of measuring them, for all cells of the group
  bool beyond_reach = false;  // more blocks than kMostPairs, the number of `blocks`
};

// The price of telling a difference of `effect` (> 0, a share) between two cells of which these are
// the log ratios by block, at 5 % two-sided with a power of 80 %, and in any case half as many
// blocks again as there are: these did not tell it. `block_seconds`: one trial of each cell of the
// group. Empty with fewer than two ratios, where the spread is not known.
std::optional<Price> price_of(std::span<const double> log_ratios, double effect,
                              double block_seconds);

// That of deciding what is undecided: Judgement::blocks_needed, which shows `margin`.
Price price_of(const Judgement& undecided, double margin, double block_seconds);

// "to tell 5 %: --trials 54 (about 12 min)"
std::string text_of(const Price& price);

// "45 s", "12 min", "4 h"
std::string about(double seconds);

}  // namespace asyncbench::analyze
