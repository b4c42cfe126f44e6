// A result as a table for spreadsheets and data frames.
#pragma once

#include <string>

#include "result/result.hpp"

namespace asyncbench::report {

// RFC 4180, one row a cell. First what the cell is: cell, workload, strategy, parameter_NAME for
// every parameter that some cell has, status (measured, unsupported, failed,
// or invalid: no valid trial), reason, trials_valid,
// trials_timed. Then five columns a figure that some cell has, in the order of the result, the
// workloads' own sorted behind them; the figure's name tells its unit (_ns, _bytes, _per_s):
//   NAME         median across trials
//   NAME_low     and _high: 95 % interval from six trials on; with fewer, the range
//   NAME_trials  how many trials it comes from
//   NAME_bound   at_least: the true value is at least this; unresolved: a percentile of too few
//                requests; else empty
// What is missing is empty, never 0. A text that a spreadsheet would take for a formula begins with
// an apostrophe. Needs summaries. Deterministic.
std::string csv(const result::Result& result);

}  // namespace asyncbench::report
