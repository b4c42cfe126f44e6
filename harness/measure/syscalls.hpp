// Counts exactly what the kernel does for this process, where the kernel permits it.
#pragma once

#include <cstdint>
#include <string>

#include "core/fd.hpp"
#include "measure/readings.hpp"

struct perf_event_attr;

namespace asyncbench::measure {

// A perf event (perf_event_open(2)) that every thread started after the construction inherits.
// Construct it before the process starts threads.
class InheritedCounter {
 public:
  bool available() const { return static_cast<bool>(event_); }

  // Why it is not available, with the remedy, in one line; empty when it is.
  const std::string& reason() const { return reason_; }

  // Counting starts here for the calling thread and all that it starts from now on.
  void enable();
  void disable();

  // The count so far, including ended threads. nullopt when not available.
  Reading read_count() const;

 protected:
  InheritedCounter() = default;
  // `what` names the event in the reason of a refusal.
  void open(perf_event_attr& attributes, const std::string& what);

  Fd event_;
  std::string reason_;
};

// System calls, by the tracepoint raw_syscalls:sys_enter. It slows every system call on the machine
// while it is enabled, so timed trials do not use it. The call that enables it is not counted; each
// read_count() is one call that is counted. One io_uring_enter is one call, whatever it submits.
// io_uring's kernel threads make none.
class SyscallCounter : public InheritedCounter {
 public:
  // Opens the event, disabled. Check available().
  SyscallCounter();
};

// How often threads moved to another CPU.
class MigrationCounter : public InheritedCounter {
 public:
  MigrationCounter();
};

}  // namespace asyncbench::measure
