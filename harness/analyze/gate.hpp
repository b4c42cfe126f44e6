// The gate: is the candidate build slower than the base, is that excluded, or is neither known?
// gate_rule.hpp has the decision on numbers; this is from results to these numbers, and to words.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analyze/figures.hpp"
#include "analyze/footing.hpp"
#include "analyze/gate_counts.hpp"
#include "analyze/gate_rule.hpp"
#include "analyze/ratio.hpp"
#include "result/result.hpp"

namespace asyncbench::analyze {

// Fewer cells than one could have are gated: every one more makes each harder to decide.
inline constexpr std::size_t kMostGatedCells = 6;

struct GateOptions {
  double margin = 0.10;         // tolerated in throughput, p50 and CPU per request, as a share
  double margin_p99 = 0.20;     // advisory
  double margin_counts = 0.02;  // in what is counted: system calls, context switches, bytes
  double alpha = 0.05;          // of a false alarm in the whole gate, over all of its looks
  unsigned first_look = 10;     // pairs
  unsigned last_look = 20;
  bool has_sentinel = true;  // one was asked for: without its trials nothing passes

  // The looks share it evenly.
  double alpha_a_look() const { return last_look > first_look ? alpha / 2 : alpha; }
};

// One figure of one cell, timed, in pairs.
struct GateRow {
  std::string cell;  // without its build
  FigureName figure = kThroughput;
  Hypothesis hypothesis;
  Finding finding;
  std::optional<double> base;  // medians
  std::optional<double> candidate;

  // The candidate's figure as a multiple of the base's, and what the interval says of it: "worse",
  // "better" or "". Empty without pairs.
  std::optional<Ratio> ratio() const;
  std::string_view worth() const { return worth_of(exp_of(finding.location)); }
};

struct GateReport {
  Verdict verdict = Verdict::inconclusive;
  std::vector<std::string> reasons;  // why it is not a pass, the worst first; one line each
  std::vector<std::string> remarks;  // what else is to be known, one line each
  unsigned pairs = 0;                // of the cell that has the fewest
  double alpha = 0;                  // of this look
  std::vector<CountRow> counts;
  std::vector<GateRow> rows;
  std::vector<GateRow> sentinel;  // base against base; a difference there makes the gate invalid
  bool stored = false;            // of two stored results: weaker than side by side
};

// Judges a run of builds (result::kBuildParameter), at one look of `options`. Throws
// measure::HdrFormatError.
GateReport judge_gate(const result::Result& result, const GateOptions& options);

// Judges two stored results in one look. They must be comparable, see incomparable().
GateReport judge_stored(const result::Result& base, const result::Result& candidate,
                        const GateOptions& options);

// Adds what weakens the comparison of such builds: how they differ beside their sources. It is
// invalid when only one of them is optimized.
void note_builds(GateReport& report, const Ingredients& base, const Ingredients& candidate);

// Adds a reason that makes it `verdict` at least.
void add_reason(GateReport& report, Verdict verdict, std::string reason);

}  // namespace asyncbench::analyze
