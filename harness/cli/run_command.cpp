// `asyncbench run`: options -> plan -> trials -> table and result.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "analyze/summary.hpp"
#include "cli/open_loop.hpp"
#include "cli/output.hpp"
#include "cli/plan_text.hpp"
#include "cli/plugins.hpp"
#include "cli/progress.hpp"
#include "cli/result_view.hpp"
#include "cli/run_options.hpp"
#include "cli/until_decided.hpp"
#include "measure/syscalls.hpp"
#include "report/format.hpp"
#include "report/terminal.hpp"
#include "result/json.hpp"
#include "run/run.hpp"

namespace asyncbench::cli {
namespace {

bool measured_anything(const result::Result& result) {
  return std::ranges::any_of(result.cells, [](const auto& cell) { return !cell.trials.empty(); });
}

void print_report(const run::RunReport& report, const RunRequest& request) {
  if (request.json) {
    put(result::serialize(report.result));
  } else if (measured_anything(report.result)) {
    const ResultView& view = request.view;
    put(view.text(report.result, view.compare(report.result), report::terminal_of(STDOUT_FILENO)));
    if (!report.out.empty()) {
      put("\n");
      print_result(report.out);
    }
  }
  flush_out();
  for (const std::string& message : report.messages) {
    complain(message);
  }
}

// What can be done about a run that did not come to its end.
void print_next_step(const run::RunReport& report, const Registry& registry) {
  if (report.result.run.complete || report.out.empty()) return;
  print_error("asyncbench: the result is partial; go on with: {}\n",
              report::printable(run::resume_command("run", report.out, registry.plugins())));
}

}  // namespace

ExitCode run_command(const Arguments& arguments, Registry& registry) {
  auto request = parse_run_options(arguments);
  if (!request) return ExitCode::done;
  request->options.finds_capacity = true;
  load_programs(request->plugins, registry);

  ProgressLine progress(stderr, report::terminal_of(STDERR_FILENO), request->live);
  const run::Summarize summarize = [](result::Result& result) { analyze::summarize(result); };
  const auto note = [&](const std::string& line) { progress.note(line); };
  OpenLoop open_loop(note);
  UntilDecided until_decided(note);
  const run::Extend extend = [&](run::Plan& growing, const result::Result& so_far) {
    const bool opened = open_loop(growing, so_far);
    return until_decided(growing, so_far) || opened;
  };
  run::RunReport report;
  if (!request->resume.empty()) {
    report = run::resume(request->resume, registry, progress, summarize, extend);
  } else {
    const run::Plan plan =
        run::make_plan(request->options, registry, measure::SyscallCounter().available());
    if (request->dry_run) return show_plan(plan);
    report = run::run(plan, registry, progress, summarize, extend);
  }
  progress.clear();
  print_report(report, *request);
  print_next_step(report, registry);
  return request->fail_if.judge(report.result, report.exit_code);
}

}  // namespace asyncbench::cli
