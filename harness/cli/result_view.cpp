#include "cli/result_view.hpp"

#include <set>

#include "cli/parse.hpp"
#include "report/result_text.hpp"
#include "workloads/names.hpp"

namespace asyncbench::cli {

void ResultView::define(App& app) {
  add_switch(app, "--notes", notes, "print all remarks in full, and the machine").group("Output");
  add_switch(app, "--tables", tables, "print a table for each point, also of many").group("Output");
}

void ResultView::define_against(App& app) {
  add_value(app, "--against", against, "NAME", "the strategy that others are compared with")
      .default_str("as measured, or thread_per_connection");
}

void ResultView::check_against(const result::Result& result) const {
  std::set<std::string> strategies;
  for (const result::Cell& cell : result.cells) strategies.insert(cell.strategy);
  if (!against.empty() && !strategies.contains(against)) {
    throw usage_error(workloads::unknown_name("strategy in this result", against,
                                              {strategies.begin(), strategies.end()}),
                      "");
  }
}

analyze::Comparison ResultView::compare(const result::Result& result) const {
  check_against(result);
  return analyze::compare_strategies(result, against);
}

std::string ResultView::text(const result::Result& result, const analyze::Comparison& comparison,
                             const report::Terminal& terminal, bool ratios) const {
  return report::result_text(
      result, comparison,
      {.terminal = terminal, .notes = notes, .tables = tables, .ratios = ratios});
}

}  // namespace asyncbench::cli
