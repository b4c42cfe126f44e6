// Counts the system calls of this process, exactly, where the kernel permits.
#pragma once

#include <string>

#include "core/fd.hpp"
#include "measure/readings.hpp"

namespace asyncbench::measure {

// A perf event on the tracepoint raw_syscalls:sys_enter (perf_event_open(2)), inherited by every
// thread started after the construction: construct it before the process starts threads. It slows
// every system call on the machine while it is enabled, so timed trials do without it.
// One io_uring_enter is one call, whatever it submits. Kernel threads of io_uring make none.
class SyscallCounter {
 public:
  // Opens the event, disabled. Check available().
  SyscallCounter();

  bool available() const { return static_cast<bool>(event_); }

  // Why it is not available, with the remedy, in one line; empty when it is.
  const std::string& reason() const { return reason_; }

  // Counting starts here for the calling thread and all that it starts from now on. The call that
  // enables is not counted; reads are, those of read_count() included (one each).
  void enable();
  void disable();

  // Calls so far, of ended threads too. nullopt when not available.
  Reading read_count() const;

 private:
  Fd event_;
  std::string reason_;
};

}  // namespace asyncbench::measure
