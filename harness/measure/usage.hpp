// What this process has consumed so far, all of its threads together.
#pragma once

#include <sys/types.h>

#include <vector>

#include "core/time.hpp"
#include "measure/readings.hpp"

namespace asyncbench::measure {

// Totals since the process began, at `taken`; or, as a difference, what came between two times.
// What cannot be read is nullopt, and `unreadable` says why under the field's name.
struct UsageSnapshot {
  Time taken = kNever;
  // By the cpu.stat of this process's own control group where it has one (CpuGroup), else by
  // getrusage(2), RUSAGE_SELF.
  Reading cpu_user_ns;
  Reading cpu_system_ns;
  bool cpu_by_group = false;
  // getrusage(2), RUSAGE_SELF.
  Reading context_switches_voluntary;
  Reading context_switches_involuntary;
  Reading page_faults_minor;
  Reading page_faults_major;
  // Runnable but not running, of the threads alive at `taken`: /proc/self/task/*/schedstat, field 2
  // (Documentation/scheduler/sched-stats.rst). The kernel adds a wait when it is over
  // (sched_info_arrive() in kernel/sched/stats.h): one under way is not in it. Threads that have
  // ended take theirs with them, so a difference has none when one has.
  Reading run_queue_wait_ns;
  std::vector<pid_t> waiting_threads;  // whose waits that is, in ascending order
  // States, not totals: a difference keeps those of the later snapshot.
  Reading memory_peak_bytes;  // VmHWM of /proc/self/status
  Reading descriptors;        // open; the one that counts them left out
  Reading threads;
  Unreadable unreadable;
};

// Of the calling process. Costs some 20 us and 20 us more for every hundred threads.
UsageSnapshot take_usage();

// What came between; nothing is nullopt but what is so in one of the two, and run_queue_wait_ns as
// said there.
UsageSnapshot difference(const UsageSnapshot& before, const UsageSnapshot& after);

}  // namespace asyncbench::measure
