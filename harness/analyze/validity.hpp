// What the figures of one trial say about their own worth. Invariants are run's; these are notes.
#pragma once

#include <string>
#include <vector>

#include "analyze/figures.hpp"
#include "result/result.hpp"

namespace asyncbench::analyze {

// The notes of one timed trial with these figures: not_steady, non_stationary, stalled,
// generator_limited, overload, disturbed, cpu_incomplete, as docs/method.md ("The window", "CPU")
// defines them. Fields that were not readable give none.
std::vector<result::Note> assess(const result::Cell& cell, const result::Trial& trial,
                                 const TrialFigures& figures);
inline std::vector<result::Note> assess(const result::Cell& cell, const result::Trial& trial) {
  return assess(cell, trial, figures_of(cell, trial));
}

// Why the CPU of two cells cannot be compared: their threads come and go, and one account has the
// ends of threads while the other, getrusage(2), has not. Empty: it can.
std::string account_difference(const result::Cell& a, const result::Cell& b);

}  // namespace asyncbench::analyze
