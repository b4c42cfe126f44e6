// Counts exactly what the strategy's threads ask the kernel to do.
#pragma once

#include "measure/profile.hpp"
#include "measure/syscall_tally.hpp"
#include "measure/syscalls.hpp"

namespace asyncbench::measure {

// Only the harness thread uses it. It makes the counter before it starts any other thread, and
// counting begins there.
class CallCounter {
 public:
  CallCounter() { migrations_.enable(); }

  // At the start and the end of the window.
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
