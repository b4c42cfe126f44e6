// A context of Linux's asynchronous I/O. By the system calls themselves, which glibc has no
// functions for: libaio is no more than these.
#pragma once

#include <linux/aio_abi.h>

#include <span>

#include "core/time.hpp"

namespace asyncbench::aio {

class Context {
 public:
  // For so many requests in flight. Throws StrategyError.
  explicit Context(unsigned requests);
  ~Context() { end(); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  // io_submit(2): how many of them the kernel has taken, in order; or a negative errno, which is
  // that of the first.
  int submit(std::span<iocb*> requests);

  // io_getevents(2): waits for so many events, or until the time has come, when there may be fewer,
  // and returns how many there are; kNever: for as long as it takes.
  unsigned wait(unsigned least, std::span<io_event> events, Time until);

  // Waits for what is in flight, and cancels what can be cancelled: polls.
  void end();

 private:
  aio_context_t id_ = 0;
};

}  // namespace asyncbench::aio
