// What killed runs could not remove.
#pragma once

#include "run/plan.hpp"

namespace asyncbench::run {

// Removes, as a run begins and as it ends, the temporary folders, the files where the plan's
// workloads make theirs, and the control groups of processes that have ended. Those of running ones
// stay: a participant of a run that was killed a moment ago may take until the end of this one.
class LeftBehind {
 public:
  explicit LeftBehind(const Plan& plan) : plan_(plan) { remove(); }
  ~LeftBehind() { remove(); }
  LeftBehind(const LeftBehind&) = delete;
  LeftBehind& operator=(const LeftBehind&) = delete;

 private:
  void remove() const;

  const Plan& plan_;
};

}  // namespace asyncbench::run
