// What this process has used so far, with all its threads.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "core/time.hpp"
#include "measure/readings.hpp"

namespace asyncbench::measure {

// How long threads were running, or runnable and waiting for a CPU, by their ids.
using ThreadTimes = std::map<pid_t, std::int64_t>;

// Totals from the start of the process until `taken`, or the difference of two such snapshots. A
// value that cannot be read is nullopt, and `unreadable` says why under the field's name.
struct UsageSnapshot {
  Time taken = kNever;
  // By the cpu.stat of this process's own control group where it has one (CpuGroup), otherwise by
  // getrusage(2), RUSAGE_SELF.
  Reading cpu_user_ns;
  Reading cpu_system_ns;
  bool cpu_by_group = false;
  // getrusage(2), RUSAGE_SELF.
  Reading context_switches_voluntary;
  Reading context_switches_involuntary;
  Reading page_faults_minor;
  Reading page_faults_major;
  // How long the threads that are alive at `taken` were runnable but not running:
  // /proc/self/task/*/schedstat, field 2 (Documentation/scheduler/sched-stats.rst). The kernel adds
  // a wait when it is over (sched_info_arrive() in kernel/sched/stats.h), so a wait under way is
  // not included. The waits of a thread that has ended are lost, so a difference is nullopt when
  // one has.
  Reading run_queue_wait_ns;
  // How long each of these threads was running or runnable, fields 1 and 2, by its id, ascending.
  // The kernel may add what is running at the next tick only.
  ThreadTimes thread_times;
  // These are states, not totals: a difference keeps those of the later snapshot.
  Reading memory_peak_bytes;  // VmHWM of /proc/self/status
  Reading descriptors;        // open ones, without the one that is used to count them
  Reading threads;
  Unreadable unreadable;
};

// A snapshot of the calling process. It costs about 20 us, and 20 us more for every hundred
// threads.
UsageSnapshot take_usage();

// Of the calling thread: for one that may end before a snapshot is taken. Adds nothing where it
// cannot be read.
void add_own_time(ThreadTimes& times);

// Adds how long the thread was running or runnable; `task` is its folder in /proc. Adds nothing
// where that cannot be read; then `reason` says why.
void add_thread(UsageSnapshot& usage, const std::filesystem::path& task, std::string& reason);

// The most that one of the later threads was running or runnable in between; nullopt: there is
// none.
Reading busiest_thread(const ThreadTimes& before, const ThreadTimes& after);

// The CPU time of the calling process, user and system together, as UsageSnapshot has it.
struct CpuTotal {
  std::int64_t ns = 0;
  bool by_group = false;
};

// It costs about a microsecond, and ten more with a control group.
CpuTotal take_cpu_total();

// Whose usage is taken: the calling process's, or that of others which it answers for.
struct UsageSource {
  UsageSnapshot (*usage)() = take_usage;
  CpuTotal (*cpu_total)() = take_cpu_total;
  std::vector<pid_t> (*processes)() = nullptr;  // who they are; null: the calling one
};

// What was used between the two; nullopt when they are of different accounts.
Reading difference(const CpuTotal& before, const CpuTotal& after);

// What was used between the two. A value is nullopt when it is so in one of them, and the CPU times
// are when the two are of different accounts; for run_queue_wait_ns see there.
UsageSnapshot difference(const UsageSnapshot& before, const UsageSnapshot& after);

}  // namespace asyncbench::measure
