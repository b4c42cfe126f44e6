// How much memory a strategy keeps for one of many things that are alike: a connection, a task that
// sleeps.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

#include "core/job.hpp"
#include "measure/memory.hpp"
#include "workloads/workload.hpp"

namespace asyncbench::workloads {

// The memory of fewer things than this is lost in what else changes a process's memory.
inline constexpr std::uint64_t kFewestForMemory = 500;
inline constexpr unsigned kMemorySteps = 9;

// For a ramp over "connection"s: the figures memory_per_connection_bytes and memory_fit, and the
// curve private_bytes_by_connections. Where no line can be fitted, the record says why.
void put_memory(const measure::MemoryRamp& ramp, std::string_view thing, SideRecord& record);

// Jobs of more and more tasks that do nothing but sleep. All tasks of a job are started at once,
// and a strategy makes what it needs for them in whatever order it likes. So no count within a job
// says how many tasks the memory is for. Memory that a job has given back stays with the process,
// or is taken again by the next job, which needs more.
class Sleepers {
 public:
  // More would cost seconds and say the same.
  static constexpr std::uint64_t kTasksMax = 10'000;

  // The last job has `tasks` tasks, but at most kTasksMax.
  explicit Sleepers(std::uint64_t tasks);

  // Adds the tasks of the next job, which ends by itself once the memory has been read. Returns
  // false after the last job, or when a job was stopped.
  bool next(Job& job);

  // Tasks and bytes, after the last job.
  const measure::MemoryRamp& ramp() const { return ramp_; }

 private:
  class Sleeper;

  // A task calls it, from its thread, when it has slept once. When the last task does, every task
  // is asleep or about to sleep again.
  void has_slept();

  measure::MemoryRamp ramp_;
  std::uint64_t tasks_ = 0;  // in the current job
  std::atomic<std::uint64_t> slept_{0};
  std::atomic<bool> is_read_{true};
};

}  // namespace asyncbench::workloads
