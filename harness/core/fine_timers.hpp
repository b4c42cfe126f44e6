// Precise waiting for the calling thread.
#pragma once

#include <sys/prctl.h>

namespace asyncbench {

// The kernel may end any timed wait of a thread late by its timer slack, 50 us unless it is told
// otherwise (prctl(2), PR_SET_TIMERSLACK): as long as this lives, by 1 ns. Threads inherit the
// slack of the thread that starts them.
class FineTimers {
 public:
  FineTimers() : before_ns_(prctl(PR_GET_TIMERSLACK)) { prctl(PR_SET_TIMERSLACK, 1UL); }
  ~FineTimers() { prctl(PR_SET_TIMERSLACK, static_cast<unsigned long>(before_ns_)); }
  FineTimers(const FineTimers&) = delete;
  FineTimers& operator=(const FineTimers&) = delete;

 private:
  int before_ns_;
};

}  // namespace asyncbench
