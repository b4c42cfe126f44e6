// What the strategy's threads ask of the kernel, counted to the call.
#pragma once

#include "measure/profile.hpp"
#include "measure/syscall_tally.hpp"
#include "measure/syscalls.hpp"

namespace asyncbench::measure {

// Used by the harness thread alone, which makes it before it starts any other: it counts from then
// on.
class CallCounter {
 public:
  CallCounter() { migrations_.enable(); }

  // The window.
  void start();
  void stop();

  // After all threads of the job have ended: fills in what was counted.
  void take(Profile& profile) const;

 private:
  SyscallTally tally_;
  MigrationCounter migrations_;
  SyscallCounts calls_before_;
  SyscallCounts calls_after_;
  Reading migrations_before_;
  Reading migrations_after_;
};

}  // namespace asyncbench::measure
