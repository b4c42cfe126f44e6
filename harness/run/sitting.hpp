// Trials that are measured together: their participants are all alive and take turns, so that the
// machine's moods fall on all of them alike. A trial that has its whole window sits alone.
#pragma once

#include <span>
#include <vector>

#include "measure/turns.hpp"
#include "result/result.hpp"
#include "run/plan.hpp"
#include "run/trial.hpp"

namespace asyncbench::run {

// How long turns are and how many, for cells of one point of comparison.
struct TurnPlan {
  Duration length{0};
  Duration rest{0};
  Duration lead_in{0};
  unsigned rounds = 0;  // that are measured

  Duration slot() const { return length + rest; }
};

// Those of the settings; what these leave open follows from the work: all requests in flight must
// have time to end in a rest, and a turn is ten rests or more of a long request.
TurnPlan turn_plan(const Settings& settings, const PlannedCell& cell);

// Where requests have outlasted a rest that the settings leave open, the next sittings of all cells
// of the point rest as long as 99.9 % of those requests took, twice as long as before or more.
void lengthen_rests(Plan& plan, const result::Result& so_far);

// The turns of `cells` cells: for each its own, all of them laid out by rounds from `start` on,
// each round in a random order that follows from the seed. The first round is warm-up; the window
// is all that comes after it.
std::vector<measure::WindowSpan> lay_out(const TurnPlan& plan, std::size_t cells, Time start,
                                         std::uint64_t seed);

// Runs the trials, in this thread: each on its own in a whole window, or all of `orders`, which are
// of one block and one point, in turns. Whatever goes wrong with the participants of a trial is in
// its status and reason, and costs this trial alone. All processes have ended on return.
result::Trial run_alone(const TrialOrder& order);
std::vector<result::Trial> run_in_turns(std::span<const TrialOrder> orders);

// How long the first of the trials takes, or where it takes turns the sitting of all of them;
// spawning and draining included.
Duration expected_time(const Plan& plan, std::span<const PlannedTrial> trials);

}  // namespace asyncbench::run
