// `asyncbench gate`: two builds side by side -> pass, regression, inconclusive or invalid.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>

#include "analyze/gate.hpp"
#include "analyze/summary.hpp"
#include "cli/calibration_store.hpp"
#include "cli/gate_builds.hpp"
#include "cli/gate_plugins.hpp"
#include "cli/gate_programs.hpp"
#include "cli/gate_run.hpp"
#include "cli/output.hpp"
#include "cli/parse.hpp"
#include "cli/results_from.hpp"
#include "cli/revisions.hpp"
#include "core/private_folder.hpp"
#include "core/temporary_folder.hpp"
#include "report/format.hpp"
#include "report/gate_files.hpp"
#include "report/gate_text.hpp"
#include "result/store.hpp"
#include "run/runner.hpp"
#include "workloads/values.hpp"

namespace asyncbench::cli {
namespace {

using analyze::GateOptions;
using analyze::GateReport;
using analyze::Verdict;

constexpr std::string_view kFooter =
    "Two builds: --base and --candidate, or --base-rev (the candidate is then HEAD,\n"
    "or --candidate-rev). What is measured, and how, is said as for asyncbench run: a\n"
    "suite or workload (default: gate) and its options; at most 6 cells. Pairs of\n"
    "trials are measured next to each other in random order; after --pairs of them\n"
    "the gate decides, or goes on to twice as many. What can be counted (system\n"
    "calls, context switches, bytes) is counted first.\n"
    "\n"
    "A plugin is guarded in the same way: --base and --candidate are then two\n"
    "builds of it (.so). This program measures the plugin's strategies, or, where it\n"
    "brings a workload alone, that under the strategies that --strategies names.\n"
    "\n"
    "A server of yours, in any language: --base-program and --candidate-program, two\n"
    "program files or commands; or one file and --base-rev: as it is at the two\n"
    "revisions of the repository that it is in. What is measured is then serve.\n"
    "\n"
    "Two stored results: asyncbench gate BASE.json CANDIDATE.json, which is weaker.\n"
    "\n"
    "Examples:\n"
    "  asyncbench gate --base-rev HEAD~1\n"
    "  asyncbench gate --base old/asyncbench --candidate new/asyncbench\n"
    "  asyncbench gate --base old/mine.so --candidate new/mine.so fetch\n"
    "  asyncbench gate --base-program old.toml --candidate-program new.toml\n"
    "  asyncbench gate --base-program server.toml --base-rev main --margin 5%\n"
    "  asyncbench gate --base-rev main fetch --strategies uring --connections 64\n"
    "  asyncbench gate --base-rev main --dry-run\n"
    "  asyncbench gate before.json after.json --margin 5%\n"
    "\n"
    "In GitHub Actions the report goes to the step summary too, and each reason\n"
    "becomes an annotation.\n"
    "\n"
    "Exit codes:\n"
    "  0 pass: a slowdown of the margin or more is excluded\n"
    "  1 regression   2 wrong usage, or a revision that does not build\n"
    "  3 inconclusive: too noisy, too close to the margin, or a cell is missing\n"
    "  4 invalid: an invariant broke, the base differed from itself or was not\n"
    "    measured beside itself, or only one of the builds is optimized\n"
    "  6 output could not be stored   129, 130, 143 interrupted";

struct Typed {
  std::string base, candidate, base_revision, candidate_revision = "HEAD";
  std::string base_program, candidate_program, target;
  std::string margin = "10%", pairs;
  std::string out, markdown, junit;
  bool json = false;

  bool of_programs() const { return !base_program.empty() || !candidate_program.empty(); }
  bool of_plugins() const { return base.ends_with(".so") || candidate.ends_with(".so"); }
  bool stored() const { return base.empty() && base_revision.empty() && !of_programs(); }
};

ExitCode exit_code_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass:
      return ExitCode::done;
    case Verdict::regression:
      return ExitCode::regression;
    case Verdict::inconclusive:
      return ExitCode::inconclusive;
    case Verdict::invalid:
      break;
  }
  return ExitCode::invalid;
}

GateOptions options_of(const Typed& typed) {
  GateOptions options;
  options.margin = workloads::parse_share(typed.margin);
  if (options.margin < 0.01 || options.margin > 0.9) {
    throw usage_error(fmt::format("--margin {}: must be between 1% and 90%", typed.margin),
                      "below 5% two builds differ by their code's layout alone");
  }
  options.margin_p99 = 2 * options.margin;
  if (!typed.pairs.empty()) {
    options.first_look = static_cast<unsigned>(
        std::clamp<std::uint64_t>(workloads::parse_count(typed.pairs), 1, 500));
    options.last_look = 2 * options.first_look;
  }
  return options;
}

// Takes as many pairs as the margin needs on this machine, where it has been calibrated.
void choose_pairs(GateOptions& options, const Typed& typed) {
  if (!typed.pairs.empty()) return;
  const auto calibration = stored_calibration();
  if (!calibration) return;
  constexpr unsigned kMost = 40;
  const unsigned needed = calibration->pairs_needed(options, kMost);
  if (needed <= options.first_look) return;
  print_error("{} pairs instead of {}: calibrated for a margin of {}\n", needed, options.first_look,
              typed.margin);
  options.first_look = needed;
  options.last_look = 2 * needed;
}

void check_both_given(const Typed& typed) {
  if (typed.base.empty() || typed.candidate.empty()) {
    throw usage_error(
        typed.base.empty() ? "--candidate without --base" : "--base without --candidate",
        "a gate compares two builds: give both");
  }
}

// Two builds of asyncbench.
run::Builds builds_of(const Typed& typed) {
  if (!typed.base_revision.empty()) {
    if (!typed.base.empty() || !typed.candidate.empty()) {
      throw usage_error("--base-rev builds both programs",
                        "give either revisions, or --base and --candidate");
    }
    const std::string base = build_revision(typed.base_revision);
    const std::string candidate = build_revision(typed.candidate_revision);
    note_uncommitted(".", typed.candidate_revision);
    return {.base = base, .candidate = candidate};
  }
  check_both_given(typed);
  return {.base = program_at(typed.base, "--base"),
          .candidate = program_at(typed.candidate, "--candidate")};
}

run::Builds builds_with_sentinel(const Typed& typed, const std::string& folder) {
  run::Builds builds = builds_of(typed);
  builds.sentinel = folder + "/asyncbench";
  std::filesystem::copy_file(builds.base, builds.sentinel);
  return builds;
}

// What participants load, if the builds are that.
std::optional<PluginBuilds> loaded_builds(const Typed& typed, Registry& registry) {
  if (typed.of_programs()) {
    if (!typed.base.empty() || !typed.candidate.empty()) {
      throw usage_error("--base and --candidate are builds of asyncbench or of a plugin",
                        "give either them, or --base-program and --candidate-program");
    }
    const GatedSpecs specs = gated_programs({.base = typed.base_program,
                                             .candidate = typed.candidate_program,
                                             .target = typed.target,
                                             .base_revision = typed.base_revision,
                                             .candidate_revision = typed.candidate_revision});
    return std::optional<PluginBuilds>(std::in_place, specs.base.text(), specs.candidate.text(),
                                       registry);
  }
  if (!typed.of_plugins()) return std::nullopt;
  check_both_given(typed);
  return std::optional<PluginBuilds>(std::in_place, typed.base, typed.candidate, registry);
}

GateReport gate_stored(const Arguments& paths, const GateOptions& options) {
  if (paths.size() != 2 || paths[0].starts_with('-') || paths[1].starts_with('-')) {
    throw usage_error("nothing to compare",
                      "give --base-rev REV, --base and --candidate, or two result files");
  }
  const result::Result base = result_from(paths[0]);
  const result::Result candidate = result_from(paths[1]);
  const std::vector<std::string> reasons = analyze::incomparable(base, candidate);
  if (!reasons.empty()) {
    throw usage_error(fmt::format("the results cannot be compared: {}", fmt::join(reasons, "; ")),
                      "measure both alike, or both builds side by side with --base and "
                      "--candidate");
  }
  return analyze::judge_stored(base, candidate, options);
}

void store(const std::string& path, const std::string& text) {
  if (path.empty()) return;
  try {
    result::write_atomically(path, text);
  } catch (const result::StoreError& error) {
    throw CommandError(ExitCode::not_stored, error.what(), "");
  }
}

// What GitHub Actions asks for by its environment.
void tell_workflow(const GateReport& report, bool json) {
  if (const char* summary = std::getenv("GITHUB_STEP_SUMMARY"); summary && *summary) {
    std::ofstream file(summary, std::ios::app);
    file << report::gate_markdown(report) << '\n';
    file.close();
    if (!file) {
      print_error("asyncbench: GITHUB_STEP_SUMMARY {}: the report could not be added\n",
                  report::printable(summary));
    }
  }
  const char* const actions = std::getenv("GITHUB_ACTIONS");
  if (!json && actions && std::string_view(actions) == "true") {
    put(report::gate_annotations(report));
  }
}

void print(const GateReport& report, const Typed& typed, const std::string& result) {
  const std::string text = typed.json
                               ? report::gate_json(report, result)
                               : report::gate_text(report, report::terminal_of(STDOUT_FILENO));
  put(text);
  if (!typed.json && !result.empty()) print_out("Trials: {}\n", result);
  flush_out();
}

}  // namespace

ExitCode gate_command(const Arguments& arguments, Registry& registry) {
  const auto app = make_app("gate",
                            "Says whether the candidate build is slower than the base, by pairs of "
                            "trials side by side.",
                            kFooter);
  Typed typed;
  add_value(*app, "--base", typed.base, "FILE",
            "the build to compare with: a program, or a plugin (.so)");
  add_value(*app, "--candidate", typed.candidate, "FILE", "the build under test");
  add_value(*app, "--base-program", typed.base_program, "FILE|COMMAND",
            "a server of yours, as it was");
  add_value(*app, "--candidate-program", typed.candidate_program, "FILE|COMMAND", "and as it is");
  add_value(*app, "--target", typed.target, "PATH", "what such a command's server is asked for");
  add_value(*app, "--base-rev", typed.base_revision, "REV",
            "build both from this repository, or from that of the program's file");
  add_value(*app, "--candidate-rev", typed.candidate_revision, "REV", "the revision under test");
  add_value(*app, "--margin", typed.margin, "SHARE",
            "slowdown that is tolerated in throughput, p50 and CPU; p99: twice as much, advisory");
  add_value(*app, "--pairs", typed.pairs, "N", "of trials before the gate first decides")
      .default_str("10, or as calibrated");
  add_value(*app, "--out,-o", typed.out, "FILE", "the trials, as a result of asyncbench run")
      .default_str("asyncbench-<UTC>.json");
  add_value(*app, "--markdown", typed.markdown, "FILE", "the report for a pull request");
  add_value(*app, "--junit", typed.junit, "FILE", "the report as JUnit XML");
  add_switch(*app, "--json", typed.json, "print the report as JSON");
  if (!parse_known(*app, arguments)) return ExitCode::done;

  GateOptions options = options_of(typed);
  Arguments rest = app->remaining();
  // Otherwise it belongs to a --program.
  if (!typed.of_programs() && !typed.target.empty()) {
    rest.insert(rest.end(), {"--target", typed.target});
  }
  GateReport report;
  std::string result;
  ExitCode exit_code = ExitCode::done;
  if (typed.stored()) {
    report = gate_stored(rest, options);
  } else {
    // Usage errors in what is to be measured come before minutes of building.
    const std::optional<PluginBuilds> loaded = loaded_builds(typed, registry);
    if (loaded) loaded->choose_strategies(rest);
    std::string usual = typed.of_programs() ? "serve" : "gate";
    if (loaded) usual = loaded->work(usual);
    const auto plan = gate_plan(rest, usual, typed.out, registry);
    if (!plan) return ExitCode::done;
    choose_pairs(options, typed);
    if (plan->dry_run) {
      put(gate_plan_text(plan->plan, options));
      return ExitCode::done;
    }
    run::check_out(plan->plan);
    if (loaded) loaded->check(plan->plan);
    const PrivateFolder folder(temporary_folder());
    const run::Builds builds =
        loaded ? loaded->with_sentinel(folder.path()) : builds_with_sentinel(typed, folder.path());
    // How the builds differ is worth knowing before minutes of measuring; only asyncbench's say it.
    const auto ingredients = [&](const std::string& build) {
      return loaded ? analyze::Ingredients() : ingredients_of_program(build);
    };
    const analyze::Ingredients base = ingredients(builds.base);
    const analyze::Ingredients candidate = ingredients(builds.candidate);
    for (const std::string& remark : analyze::build_remarks(base, candidate)) {
      print_error("asyncbench: {}\n", report::printable(remark));
    }
    const GateRun run = run_gate(plan->plan, builds, options, registry);
    report = run.report;
    note_unsupported(report, plan->plan);
    analyze::note_builds(report, base, candidate);
    result = run.result_path;
    exit_code = run.exit_code;
  }
  print(report, typed, result);
  store(typed.markdown, report::gate_markdown(report));
  store(typed.junit, report::gate_junit(report));
  tell_workflow(report, typed.json);
  return exit_code == ExitCode::done ? exit_code_of(report.verdict) : exit_code;
}

}  // namespace asyncbench::cli
