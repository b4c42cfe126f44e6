// From options or a suite to the cells of a run and the order of their trials.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/strategy.hpp"
#include "result/result.hpp"
#include "run/options.hpp"
#include "workloads/workload.hpp"

namespace asyncbench::run {

// One point to measure. A plain value.
struct PlannedCell {
  std::string id;  // "fetch/strategy:uring/connections:64/body_bytes:12"
  // What all cells of one point of comparison have in common: everything but the strategy, or where
  // builds are compared everything but the build.
  std::string point;
  const workloads::Workload* workload = nullptr;
  std::string strategy;
  // Where several builds are compared: its name ("base"), and the program that plays the subject
  // (empty: this program) or the plugin that the subject loads beside those of the settings.
  std::string build;
  std::string program;
  std::string plugin;
  workloads::Work work;
  // What was given for cells like this one instead of the plan's settings; part of its name.
  GivenSettings own;
  // Also to be measured in open loop at these shares of what the slowest cell of its point that has
  // them does; see add_open_loop().
  std::vector<double> open_loop;
  bool counts_only = false;  // no timed trials: measured for what it counts
  bool named = true;         // the user asked for the strategy by its name
  std::string unsupported;   // why the strategy cannot run this here; empty: it can
  Duration least_rest{0};    // what its requests were seen to need, see lengthen_rests()

  workloads::Role subject() const { return workload->subject(work.parameters); }
  bool is_open_loop() const {
    return work.parameters.has("arrivals") && work.parameters.arrivals("arrivals").open_loop();
  }
};

struct PlannedTrial {
  std::size_t cell = 0;  // index into Plan::cells
  unsigned block = 0;    // count trials are in a block of their own, after the timed ones
  result::TrialKind kind = result::TrialKind::timed;

  bool operator==(const PlannedTrial&) const = default;
};

struct Plan {
  Settings settings;
  std::vector<PlannedCell> cells;
  std::vector<PlannedTrial> trials;  // in the order of running
  std::string suite;                 // its name; empty: a workload with flags
  std::string out;
  bool out_is_default = false;  // nobody chose it: where it is taken, the next one does as well
  bool may_overwrite = false;   // a result that is there
  std::vector<std::string> command;
  std::vector<result::Note> notes;  // what may weaken all that is measured

  // Whether the trials of the cell take turns with those of the same block and point: where the
  // workload can rest, and another cell is there to take turns with.
  bool takes_turns(const PlannedCell& cell, result::TrialKind kind) const;

  // How many of the trials from the first on sit together: those of its point and block, if it
  // takes turns.
  std::size_t sit_together(std::span<const PlannedTrial> next) const;

  // How long the run will take, spawning and draining included.
  Duration expected_time() const;
};

// What holds for the cell: its own settings over the plan's.
Settings settings_of(const Plan& plan, const PlannedCell& cell);

// Completes every operation at once, without a peer: it measures the harness itself.
inline constexpr std::string_view kNullStrategy = "null";

// The seed of arrivals and bodies; every cell of a block has the same.
std::uint64_t trial_seed(std::uint64_t run_seed, unsigned block);

// Cells that differ in their strategy alone, and so are compared with one another.
struct Point {
  std::string name;
  bool in_turns = false;           // otherwise they are measured one after the other
  std::vector<std::size_t> cells;  // indices into Plan::cells
  // The others are compared with this one. Where cells take turns, it takes part twice: what its
  // twin differs from it is the noise of the run.
  std::size_t reference = 0;
};

// The points of the plan that can run, counts apart, in the order of its cells.
std::vector<Point> points_of(const Plan& plan);

// Adds one block of timed trials to `trials`, the points in random order.
void add_block(std::vector<PlannedTrial>& trials, std::vector<Point> points, unsigned block,
               std::mt19937_64& random);

// The order of running: one block after the other, each a random order that follows from the seed,
// of points whose cells take turns, and of cells that do not; then, in a block of their own, the
// count trials.
std::vector<PlannedTrial> order_trials(const Plan& plan, bool count_syscalls);

// Checks everything that can be checked before measuring. Throws UsageError.
// `count_syscalls`: whether the host lets us count them, so that count trials make sense.
Plan make_plan(const RunOptions& options, const Registry& registry, bool count_syscalls);

// One cell, for programs that make their own plan. Parameters as text; `settings` are those that it
// will be measured with. Throws UsageError; an unsupported strategy is said in
// PlannedCell::unsupported.
PlannedCell make_cell(const std::string& workload, const std::string& strategy,
                      const std::map<std::string, std::string>& parameters,
                      const Registry& registry, const Settings& settings = {});

// What a cell with these parameters is asked, under the plan's settings.
workloads::Work work_of(const workloads::Parameters& parameters, const Settings& settings);

// The resolved choice of the other end's strategy. Throws UsageError.
std::string choose_peer_strategy(const std::string& wanted, const Registry& registry);

// Whether a strategy can play a role in the work here, in one of its forms, and why not.
Support supports(const Strategy& strategy, const workloads::Workload& workload,
                 workloads::Role role, const workloads::Parameters& parameters);

// Whether it can be the subject of the workload with its default parameters, for overviews.
Support supports_subject(const Strategy& strategy, const workloads::Workload& workload);

// The parameters that a cell's id and result carry, the build among them where there is one.
result::Values shown_parameters(const PlannedCell& cell);

// The id of a cell, from its other fields.
std::string id_of(const PlannedCell& cell);

// Sets id and point, from the other fields.
void set_names(PlannedCell& cell);

// The names that RunOptions::what can take beside paths.
std::vector<std::string> workload_names();
std::vector<std::string> suite_names();

}  // namespace asyncbench::run
