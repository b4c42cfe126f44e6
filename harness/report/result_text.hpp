// A result for a terminal: the strategies of each point of comparison, and the answer.
#pragma once

#include <string>

#include "analyze/comparison.hpp"
#include "report/terminal.hpp"
#include "result/result.hpp"

namespace asyncbench::report {

struct ResultTextOptions {
  Terminal terminal;
  bool notes = false;   // all remarks in full, and the machine; else one line names them
  bool tables = false;  // a table for each point, also where there are many
  bool ratios = false;  // tables of all compared figures as ratios
};

// `comparison`: of the result's strategies. Few points have a table each, of many each tier of
// strategies has a line; the answer follows. Deterministic.
std::string result_text(const result::Result& result, const analyze::Comparison& comparison,
                        const ResultTextOptions& options = {});

}  // namespace asyncbench::report
