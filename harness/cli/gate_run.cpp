#include "cli/gate_run.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>

#include "analyze/summary.hpp"
#include "cli/output.hpp"
#include "cli/plan_text.hpp"
#include "cli/plugins.hpp"
#include "cli/progress.hpp"
#include "cli/run_options.hpp"
#include "measure/syscalls.hpp"
#include "report/format.hpp"
#include "report/terminal.hpp"
#include "run/run.hpp"
#include "run/selection.hpp"

namespace asyncbench::cli {
namespace {

// Whether some argument is the workload or suite: one that is known, or the first, mistyped.
bool names_work(const Arguments& arguments) {
  if (!arguments.empty() && !arguments.front().starts_with('-')) return true;
  std::vector<std::string> known = run::workload_names();
  std::ranges::move(run::suite_names(), std::back_inserter(known));
  return std::ranges::any_of(arguments, [&](const std::string& argument) {
    return argument.ends_with(".toml") || std::ranges::find(known, argument) != known.end();
  });
}

std::string unsupported_text(const run::PlannedCell& cell) {
  return fmt::format("{}: not measured here: {}", cell.id, cell.unsupported);
}

}  // namespace

std::optional<GatePlan> gate_plan(Arguments arguments, const std::string& otherwise,
                                  const std::string& out, Registry& registry) {
  if (!names_work(arguments)) arguments.insert(arguments.begin(), otherwise);
  if (!out.empty()) arguments.insert(arguments.end(), {"--out", out});
  const auto request = parse_run_options(arguments);
  if (!request) return std::nullopt;
  if (request->options.settings.has(&run::Settings::trials)) {
    throw usage_error("--trials: a gate decides how many it needs", "use --pairs");
  }
  if (!request->resume.empty()) {
    throw usage_error("--resume does not go with a gate",
                      "its builds are compared anew: a journal alone must not start programs");
  }
  load_programs(request->plugins, registry);
  const run::Plan plan = run::make_plan(request->options, registry, false);
  if (const std::string why = run::why_nothing_runs(plan); !why.empty()) {
    throw CommandError(ExitCode::incomplete, why, "");
  }
  const auto runnable = static_cast<std::size_t>(std::ranges::count_if(
      plan.cells, [](const run::PlannedCell& cell) { return cell.unsupported.empty(); }));
  if (runnable > analyze::kMostGatedCells) {
    throw usage_error(
        fmt::format("{} cells: at most {} can be gated", runnable, analyze::kMostGatedCells),
        "each one more makes all of them harder to decide; choose with --strategies");
  }
  return GatePlan{.plan = plan, .dry_run = request->dry_run};
}

std::string gate_plan_text(const run::Plan& plan, const analyze::GateOptions& options) {
  run::Plan pairs =
      run::plan_of_builds(plan, {.base = "base", .candidate = "candidate", .sentinel = "sentinel"},
                          options.first_look, measure::SyscallCounter().available());
  std::string text = plan_text(pairs);
  for (const run::PlannedCell& cell : plan.cells) {
    if (cell.unsupported.empty()) continue;
    text += report::wrapped(unsupported_text(cell), "", columns());
  }
  run::add_blocks(pairs, options.last_look);
  return text +
         fmt::format("{} pairs of each cell; where they do not decide, {}: {} trials, about {}\n",
                     options.first_look, options.last_look, pairs.trials.size(),
                     clock_text(pairs.expected_time()));
}

void note_unsupported(analyze::GateReport& report, const run::Plan& plan) {
  for (const run::PlannedCell& cell : plan.cells) {
    if (cell.unsupported.empty()) continue;
    std::string text = unsupported_text(cell);
    if (cell.named) {
      add_reason(report, analyze::Verdict::inconclusive, std::move(text));
    } else {
      report.remarks.push_back(std::move(text));
    }
  }
}

GateRun run_gate(const run::Plan& plan, const run::Builds& builds,
                 const analyze::GateOptions& options, const Registry& registry) {
  run::Plan pairs =
      run::plan_of_builds(plan, builds, options.first_look, measure::SyscallCounter().available());
  ProgressLine progress(stderr, report::terminal_of(STDERR_FILENO));
  const auto extend = [&](run::Plan& growing, const result::Result& so_far) {
    if (growing.settings.trials >= options.last_look) return false;
    if (analyze::judge_gate(so_far, options).verdict != analyze::Verdict::inconclusive) {
      return false;
    }
    progress.note(fmt::format("undecided after {} pairs: going on to {}", growing.settings.trials,
                              options.last_look));
    run::add_blocks(growing, options.last_look);
    return true;
  };
  run::RunReport report = run::run(
      pairs, registry, progress, [](result::Result& r) { analyze::summarize(r); }, extend);
  progress.clear();
  for (const std::string& message : report.messages) {
    complain(message);
  }
  // Trials that failed are for the verdict to judge; these ends are not.
  const bool ended = report.exit_code == ExitCode::done ||
                     report.exit_code == ExitCode::incomplete ||
                     report.exit_code == ExitCode::invalid;
  return {.report = analyze::judge_gate(report.result, options),
          .result = std::move(report.result),
          .result_path = report.out,
          .exit_code = ended ? ExitCode::done : report.exit_code};
}

}  // namespace asyncbench::cli
