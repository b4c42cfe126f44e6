#include <fmt/format.h>

#include "report/export_parts.hpp"
#include "report/junit.hpp"

namespace asyncbench::report {
namespace {

using result::Cell;
using result::CellStatus;
using result::Trial;

JunitCase case_of(const Cell& cell) {
  JunitCase test{.class_name = cell.workload, .name = cell.id};
  std::size_t timed = 0;
  double seconds = 0;
  for (const Trial& trial : cell.trials) {
    if (trial.kind != result::TrialKind::timed) continue;
    ++timed;
    seconds += static_cast<double>(trial.warm_up_ns + trial.window_ns) / 1e9;
    if (trial.valid) continue;
    test.output += fmt::format("block {}, invalid trial: {}\n", trial.block,
                               trial.reason.empty() ? "no reason given" : trial.reason);
  }
  if (timed > 0) test.seconds = seconds;
  if (cell.status == CellStatus::measured && !cell.valid_trials().empty()) return test;
  // A cell that an interrupted run did not reach has not failed.
  const bool is_skipped =
      cell.status == CellStatus::unsupported || (cell.status == CellStatus::measured && timed == 0);
  test.outcome = is_skipped ? JunitCase::Outcome::skipped : JunitCase::Outcome::failed;
  test.message = why_not_measured(cell);
  return test;
}

}  // namespace

Exported junit(const result::Result& result) {
  std::vector<JunitCase> cases;
  for (const Cell& cell : result.cells) cases.push_back(case_of(cell));
  return {.text = junit_xml("asyncbench run", cases)};
}

}  // namespace asyncbench::report
