// Counts what the kernel does for this process, exactly, where it permits.
#pragma once

#include <cstdint>
#include <string>

#include "core/fd.hpp"
#include "measure/readings.hpp"

struct perf_event_attr;

namespace asyncbench::measure {

// A perf event (perf_event_open(2)) that every thread inherits which is started after the
// construction: construct it before the process starts threads.
class InheritedCounter {
 public:
  bool available() const { return static_cast<bool>(event_); }

  // Why it is not available, with the remedy, in one line; empty when it is.
  const std::string& reason() const { return reason_; }

  // Counting starts here for the calling thread and all that it starts from now on.
  void enable();
  void disable();

  // So far, of ended threads too. nullopt when not available.
  Reading read_count() const;

 protected:
  InheritedCounter() = default;
  // `what`: of the event, for the reason of a refusal.
  void open(perf_event_attr& attributes, const std::string& what);

  Fd event_;
  std::string reason_;
};

// System calls, by the tracepoint raw_syscalls:sys_enter. It slows every system call on the machine
// while it is enabled, so timed trials do without it. The call that enables is not counted; reads
// are, those of read_count() included (one each).
// One io_uring_enter is one call, whatever it submits. Kernel threads of io_uring make none.
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
