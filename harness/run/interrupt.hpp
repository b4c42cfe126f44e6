// SIGINT and SIGTERM as something to poll for.
#pragma once

#include <signal.h>

#include "core/fd.hpp"

namespace asyncbench::run {

// While it lives, the first SIGINT or SIGTERM makes fd() readable instead of ending the process.
// Once taken(), a second one has its default effect at once. Make it before other threads.
class InterruptWatch {
 public:
  InterruptWatch();
  ~InterruptWatch();
  InterruptWatch(const InterruptWatch&) = delete;
  InterruptWatch& operator=(const InterruptWatch&) = delete;

  int fd() const { return fd_.get(); }

  // The signal that has come, taking it; 0: none.
  int taken();

 private:
  sigset_t watched_;
  sigset_t before_;
  Fd fd_;
  int signal_ = 0;
};

}  // namespace asyncbench::run
