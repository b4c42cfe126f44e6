// `asyncbench calibrate`: gates of this program against itself.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "analyze/calibration.hpp"
#include "analyze/power.hpp"
#include "cli/calibration_store.hpp"
#include "cli/gate_builds.hpp"
#include "cli/gate_run.hpp"
#include "cli/output.hpp"
#include "cli/parse.hpp"
#include "core/private_folder.hpp"
#include "core/temporary_folder.hpp"
#include "report/format.hpp"
#include "report/gate_text.hpp"
#include "result/store.hpp"
#include "workloads/values.hpp"

namespace asyncbench::cli {
namespace {

using analyze::Calibration;
using analyze::GateOptions;

constexpr std::string_view kFooter =
    "Runs gates in which base and candidate are this very program: every regression\n"
    "that they report is a false alarm. What is measured is said as for asyncbench\n"
    "gate. The result is stored where gate and doctor look for it: gate then takes as\n"
    "many pairs as this machine's noise demands.\n"
    "\n"
    "Examples:\n"
    "  asyncbench calibrate\n"
    "  asyncbench calibrate --gates 59 smoke --strategies uring --duration 500ms\n"
    "\n"
    "Exit codes: 0 calibrated   2 wrong usage   4 more than 5 % of the gates were\n"
    "false alarms or invalid: do not gate on this machine   6 could not be stored\n"
    "129, 130, 143 interrupted; the gates so far are kept";

void print(const Calibration& calibration, const GateOptions& options) {
  print_out(
      "{} gates of a build against itself: {} false alarms (at most {} with 95 %\n"
      "confidence), {} inconclusive, {} invalid\n\n",
      calibration.gates, calibration.false_alarms,
      report::format_percent(calibration.false_alarm_bound()), calibration.inconclusive,
      calibration.invalid);
  print_out("Spread of a pair, and the smallest slowdown that 10 and 20 pairs find\n");
  std::string cell;
  for (const analyze::Spread& spread : calibration.spreads) {
    if (spread.cell != cell) {
      cell = spread.cell;
      put(report::wrapped(report::printable(cell), "", columns()));
    }
    const auto found = [&](unsigned pairs) {
      return analyze::slowdown_text(analyze::detectable_effect(
          spread.deviation, pairs, options.alpha / 2, calibration.spreads.size()));
    };
    print_out("  {:<18} {:>6}  {:>6}  {:>6}\n", analyze::info_of(spread.figure).title(),
              report::format_percent(spread.deviation), found(10), found(20));
  }
}

}  // namespace

ExitCode calibrate_command(const Arguments& arguments, Registry& registry) {
  const auto app = make_app("calibrate",
                            "Says how often a gate would be wrong on this machine, and how small a "
                            "slowdown it could find.",
                            kFooter);
  std::string gates = "20";
  std::string out;
  bool json = false;
  add_value(*app, "--gates", gates, "N", "how many; 59 without a false alarm show at most 5 %");
  add_value(*app, "--out,-o", out, "FILE", "where to store it instead")
      .default_str(calibration_path().string());
  add_switch(*app, "--json", json, "print what was stored as JSON");
  if (!parse_known(*app, arguments)) return ExitCode::done;
  const std::uint64_t wanted = workloads::parse_count(gates);
  if (wanted == 0) throw usage_error("--gates 0: at least 1", "");
  if (out.empty()) out = calibration_path();
  if (out.empty()) throw usage_error("there is no home to store it in", "give --out FILE");

  const PrivateFolder folder(temporary_folder());
  auto plan = gate_plan(app->remaining(), "gate", folder.path() + "/gate.json", registry);
  if (!plan) return ExitCode::done;
  plan->plan.may_overwrite = true;  // one gate after the other
  const std::string self = program_at("/proc/self/exe", "this program");
  const GateOptions options{.has_sentinel = false};
  analyze::Calibrator calibrator;
  ExitCode exit_code = ExitCode::done;
  if (plan->dry_run) {
    put(gate_plan_text(plan->plan, options));
    print_out("{} such gates, without the sentinel\n", wanted);
    return exit_code;
  }
  for (std::uint64_t gate = 1; gate <= wanted && exit_code == ExitCode::done; ++gate) {
    print_error("gate {} of {}\n", gate, wanted);
    ++plan->plan.settings.seed;
    const GateRun run = run_gate(plan->plan, {.base = self, .candidate = self}, options, registry);
    exit_code = run.exit_code;
    if (exit_code != ExitCode::done) break;
    calibrator.add(run.report);
    print_error("gate {} of {}: {}\n", gate, wanted,
                report::printable(report::gate_headline(run.report)));
  }
  const Calibration calibration = calibrator.calibration();
  if (calibration.gates == 0) return exit_code;
  try {
    std::filesystem::create_directories(std::filesystem::absolute(out).parent_path());
    result::write_atomically(out, calibration_json(calibration));
  } catch (const std::exception& error) {
    throw CommandError(ExitCode::not_stored, error.what(), "give --out FILE");
  }
  if (json) {
    put(calibration_json(calibration));
  } else {
    print(calibration, options);
    print_out("\nStored: {}\n", out);
  }
  constexpr unsigned kTwentieth = 20;
  const bool unfit =
      kTwentieth * (calibration.false_alarms + calibration.invalid) > calibration.gates;
  if (exit_code == ExitCode::done && unfit) return ExitCode::invalid;
  return exit_code;
}

}  // namespace asyncbench::cli
