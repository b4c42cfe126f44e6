// What a gate compares by counting: system calls, context switches and bytes per request.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "analyze/gate_rule.hpp"
#include "result/result.hpp"

namespace asyncbench::analyze {

// Why a count decides nothing.
enum class Unjudged : std::uint8_t {
  no,              // it does decide
  varies,          // the base's own trials differ by more than the margin
  many_in_flight,  // how many completions a wake-up brings varies with the load, and counts with it
  one_trial,       // which does not show whether the count repeats itself
};

// What was counted per request, in trials of its own.
struct CountRow {
  std::string cell;
  std::string name;  // "syscalls"
  double base = 0;   // medians
  double candidate = 0;
  Unjudged unjudged = Unjudged::no;
  Verdict verdict = Verdict::pass;

  bool is_judged() const { return unjudged == Unjudged::no; }
};

// The counts that both cells have, of their count trials. `margin` is a share of the base's median.
// A count is a regression when each of the candidate's trials has more than all of the base's and
// the margin; one that is not judged is inconclusive.
std::vector<CountRow> compare_counts(const std::string& id, const result::Cell& base,
                                     const result::Cell& candidate, double margin);

}  // namespace asyncbench::analyze
