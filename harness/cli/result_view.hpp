// How a result is printed: the options that run, show, compare and report share, and what they come
// to.
#pragma once

#include <string>
#include <vector>

#include "analyze/comparison.hpp"
#include "cli/command.hpp"
#include "report/terminal.hpp"
#include "result/result.hpp"

namespace asyncbench::cli {

class App;

struct ResultView {
  bool notes = false;
  bool tables = false;
  std::string against;  // "": the result's own reference

  // --notes and --tables; where a stored result is shown, --against.
  void define(App& app);
  void define_against(App& app);

  // Throws CommandError for a name in --against that no cell of the result has: it would silently
  // be another one.
  void check_against(const result::Result& result) const;

  // Compares the result's strategies, after check_against().
  analyze::Comparison compare(const result::Result& result) const;

  // `ratios`: of all compared figures, instead of the figures themselves.
  std::string text(const result::Result& result, const analyze::Comparison& comparison,
                   const report::Terminal& terminal, bool ratios = false) const;
};

}  // namespace asyncbench::cli
