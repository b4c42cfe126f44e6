// A control group that holds one process and so measures all of its CPU time (cgroups(7), version
// 2).
//
// getrusage(2) leaves out what the kernel spends on the end of a thread after it has closed the
// thread's account (__exit_signal() in kernel/exit.c): on Linux 6.18 about 4 us for each thread
// that ends, a seventh of a request that has a thread of its own. A group's cpu.stat includes it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>

namespace asyncbench::measure {

class CpuGroup {
 public:
  // Puts a process that has just been started into a group of its own, below the caller's. Where
  // that is not permitted, nothing happens, and getrusage(2) accounts for the process.
  explicit CpuGroup(pid_t process);
  // Removes the group; the process has to be reaped before, and whatever it left is killed.
  ~CpuGroup();
  CpuGroup(const CpuGroup&) = delete;
  CpuGroup& operator=(const CpuGroup&) = delete;

 private:
  std::filesystem::path folder_;  // empty: there is none
};

// Removes the groups below the caller's that killed runs have left behind, with all in them.
void remove_abandoned_groups();

struct CpuTime {
  std::int64_t user_ns = 0;
  std::int64_t system_ns = 0;
};

// The CPU time of the caller's group since its start, by cpu.stat; nullopt unless a CpuGroup holds
// the caller.
std::optional<CpuTime> group_cpu_time();

}  // namespace asyncbench::measure
