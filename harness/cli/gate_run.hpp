// Measuring for a gate: the plan of pairs, and the looks at what came of them. Shared by gate and
// calibrate.
#pragma once

#include <optional>
#include <string>

#include "analyze/gate.hpp"
#include "cli/command.hpp"
#include "run/builds.hpp"
#include "run/plan.hpp"

namespace asyncbench::cli {

// What to measure, under one build.
struct GatePlan {
  run::Plan plan;
  bool dry_run = false;  // only show it
};

// What the arguments say, which are those of `asyncbench run`; the suite or workload `otherwise`
// when they name nothing. Loads plugins into the registry. nullopt when help was asked for. Throws
// CommandError and run::UsageError: more cells than can be gated, options that mean nothing here.
std::optional<GatePlan> gate_plan(Arguments arguments, const std::string& otherwise,
                                  const std::string& out, Registry& registry);

// What --dry-run shows: the cells under both builds and the sentinel, and the time to the first
// look and to the last.
std::string gate_plan_text(const run::Plan& plan, const analyze::GateOptions& options);

struct GateRun {
  analyze::GateReport report;
  result::Result result;
  std::string result_path;              // empty: not stored
  ExitCode exit_code = ExitCode::done;  // of the measuring: interrupted, not stored ...
};

// What the report has to say of cells that cannot be measured here: a remark, and more than that of
// those that were asked for by name.
void note_unsupported(analyze::GateReport& report, const run::Plan& plan);

// Measures up to options.first_look pairs of every cell, decides, and goes on to last_look where
// that was inconclusive. Prints progress on stderr.
GateRun run_gate(const run::Plan& plan, const run::Builds& builds,
                 const analyze::GateOptions& options, const Registry& registry);

}  // namespace asyncbench::cli
