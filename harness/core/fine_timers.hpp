// Precise waiting for the calling thread.
#pragma once

#include <sys/prctl.h>

#include <algorithm>
#include <cstdint>

#include "core/time.hpp"

namespace asyncbench {

// The kernel may end any timed wait of a thread late by its timer slack, 50 us unless it is told
// otherwise (prctl(2), PR_SET_TIMERSLACK): as long as this lives, by `slack`, or 1 ns if that is
// less. Threads inherit the slack of the thread that starts them.
class FineTimers {
 public:
  explicit FineTimers(Duration slack = Duration::zero()) : before_ns_(prctl(PR_GET_TIMERSLACK)) {
    // 0 would mean the default.
    prctl(PR_SET_TIMERSLACK, static_cast<unsigned long>(std::max<std::int64_t>(slack.count(), 1)));
  }
  ~FineTimers() { prctl(PR_SET_TIMERSLACK, static_cast<unsigned long>(before_ns_)); }
  FineTimers(const FineTimers&) = delete;
  FineTimers& operator=(const FineTimers&) = delete;

 private:
  int before_ns_;
};

}  // namespace asyncbench
