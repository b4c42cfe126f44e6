// SIGHUP, SIGINT and SIGTERM as something to poll for.
#pragma once

#include <signal.h>

#include "core/fd.hpp"

namespace asyncbench::run {

// While it lives, the first of these signals makes fd() readable instead of ending the process; a
// second one has its default effect at once. A first signal that comes later ends nothing either:
// what a run has stored is still to be printed, and another run may follow, whose watch takes it.
// There is one at a time.
class InterruptWatch {
 public:
  InterruptWatch();
  ~InterruptWatch();
  InterruptWatch(const InterruptWatch&) = delete;
  InterruptWatch& operator=(const InterruptWatch&) = delete;

  int fd() const { return fd_.get(); }

  // The signal that has come; 0: none.
  int taken() const;

 private:
  Fd fd_;
};

}  // namespace asyncbench::run
