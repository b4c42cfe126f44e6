// One trial of one cell: fresh processes, one conversation, one record.
#pragma once

#include <cstdint>

#include "result/result.hpp"
#include "run/plan.hpp"

namespace asyncbench::run {

struct TrialOrder {
  const PlannedCell& cell;
  const Settings& settings;
  result::TrialKind kind = result::TrialKind::timed;
  unsigned block = 0;
  unsigned repeat = 0;
  int interrupt_fd = -1;  // readable: give up, the trial ends as cancelled
};

// The phases of one trial. With a request budget the window's length is a guess.
Duration window_of(const Settings& settings, result::TrialKind kind);
Duration expected_time(const Settings& settings, result::TrialKind kind);

// Runs it, in this thread. Whatever goes wrong with the participants is in the trial's status and
// reason; both processes have ended on return.
result::Trial run_trial(const TrialOrder& order);

}  // namespace asyncbench::run
