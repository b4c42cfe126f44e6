// SIGINT and SIGTERM as something to poll for.
#pragma once

#include <signal.h>

#include <array>

#include "core/fd.hpp"

namespace asyncbench::run {

// While it lives, the first SIGINT or SIGTERM makes fd() readable instead of ending the process; a
// second one has its default effect at once. There is one at a time.
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
  std::array<struct sigaction, 2> before_{};
};

}  // namespace asyncbench::run
