// Runs a plan: trial by trial in fresh processes, journalled, resumable.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/strategy.hpp"
#include "result/result.hpp"
#include "run/live.hpp"
#include "run/plan.hpp"

namespace asyncbench::run {

// Where a run stands when a trial begins or has ended.
struct Step {
  const PlannedCell& cell;
  const PlannedTrial& trial;
  const result::Cell& so_far;  // the cell with its trials that have ended
  bool cell_done = false;      // this was the cell's last trial
  std::size_t index = 0;       // of this trial, from 0
  std::size_t total = 0;       // grows when an invalid trial is repeated
  Duration elapsed{0};         // since the run began
  Duration remaining{0};       // estimated from the trials so far
};

// Told what happens while a run goes on, in the thread that called run(). Prints, or does not.
class Progress {
 public:
  virtual ~Progress() = default;
  // `done`: trials that a resumed journal already holds.
  virtual void run_begins(const Plan& /*plan*/, std::size_t /*done*/) {}
  virtual void trial_begins(const Step& /*step*/) {}
  virtual void trial_ends(const Step& /*step*/, const result::Trial& /*trial*/) {}
  // Whether to be told once a second how each trial does that runs; and how it does.
  virtual bool wants_seconds() const { return false; }
  virtual void second_passes(const PlannedCell& /*cell*/, result::TrialKind /*kind*/,
                             const report::Progress& /*second*/) {}
  // One line worth knowing: "cpu_dma_latency: EACCES: ...".
  virtual void note(std::string_view /*line*/) {}
};

struct RunReport {
  result::Result result;
  ExitCode exit_code = ExitCode::done;
  // One line each: what failed, is unsupported or invalid, and the remedy.
  std::vector<std::string> messages;
  std::string out;  // where the result is; empty: not stored
};

// Measures the plan and stores the result at plan.out, the journal beside it. Participants are
// this program again (/proc/self/exe with the argument "participant"): its main must call
// participant_main() for that. SIGHUP, SIGINT and SIGTERM end the run with the partial result; a
// second one ends the process at once. Throws UsageError when the preflight finds that the plan
// cannot run here (descriptors, ports); exit code not_stored when the output folder is not
// writable. `summarize` is called with the result before it is stored: across-trial figures are
// analyze's.
using Summarize = std::function<void(result::Result&)>;

// Throws UsageError when plan.out names a result that must not be overwritten. run() asks it, too;
// this is for those who have long work before that.
void check_out(const Plan& plan);

// Asked whenever nothing is due any more: may add cells and trials to the plan, judging by what
// has been measured, and says whether it did. What was added is journalled with the rest. Must
// follow from the plan and the trials alone: a run that is resumed asks it all over again.
using Extend = std::function<bool(Plan& plan, const result::Result& so_far)>;

RunReport run(const Plan& plan, const Registry& registry, Progress& progress,
              const Summarize& summarize = {}, const Extend& extend = {});

// Goes on with the run whose journal stands beside `out`: finished trials are kept, the rest is
// run. Throws UsageError when there is no such journal, it is not one of ours, or the registry
// lacks a plugin of that run: a journal alone must not make this program load code.
// A run that had grown goes on growing by `extend`, which must be the one that it began with and
// follow from the plan and the trials alone.
RunReport resume(const std::string& out, const Registry& registry, Progress& progress,
                 const Summarize& summarize = {}, const Extend& extend = {});

// The same for a run that grows: `plan` and `extend` are those that it began with, made again from
// recorded_command(). Its trials are not measured again but handed to `extend` as they came, which
// puts it where it was. Also throws UsageError when the plan is not the journal's or its trials
// are not those that it asks for.
RunReport resume(const Plan& plan, const Registry& registry, Progress& progress,
                 const Summarize& summarize, const Extend& extend);

// The command that began the run whose journal stands beside `out`. Throws UsageError when there is
// no such journal, or it is not one of ours.
std::vector<std::string> recorded_command(const std::string& out);

// What to type to go on with the run that `subcommand` began and that was to write `out`.
std::string resume_command(std::string_view subcommand, const std::string& out,
                           const std::vector<std::string>& plugins);

// One trial of one cell in fresh processes, for Google Benchmark binaries: the window ends after
// settings.requests requests. Nothing is stored. settings.peer_strategy and .pin must be resolved:
// choose_peer_strategy(), resolve_pinning(). Trial::status says how it ended.
// The program's main must begin with
//   if (argc > 1 && std::string_view(argv[1]) == "participant") return participant_main(registry);
result::Trial measure_once(const PlannedCell& cell, const Settings& settings);

// The descriptors, ports and folder that the plan needs; one message each that cannot be had.
std::vector<std::string> preflight(const Plan& plan);

}  // namespace asyncbench::run
