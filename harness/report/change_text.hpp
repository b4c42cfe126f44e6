// What changed between two results, for a terminal.
#pragma once

#include <string>
#include <vector>

#include "analyze/comparison.hpp"
#include "report/terminal.hpp"
#include "result/result.hpp"

namespace asyncbench::report {

struct Change {
  // Of compare_results(before, after), which both outlive this.
  const analyze::Comparison& comparison;
  const result::Result& before;
  const result::Result& after;
  std::string before_name;  // of their files
  std::string after_name;
  // Why the results are not comparable, where the user compared them all the same.
  std::vector<std::string> forced;
};

// Whether it got worse or better, in a sentence with what would decide it; then a row for each
// figure of each cell that shows a change or is open, as the later figure over the earlier one.
std::string change_text(const Change& change, const Terminal& terminal = {});

// How the builds of compared results differ, and which is not optimized: a line each; often none.
std::string build_notes(const analyze::Comparison& comparison, const Terminal& terminal = {});

}  // namespace asyncbench::report
