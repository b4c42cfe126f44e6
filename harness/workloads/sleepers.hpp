// How much memory a strategy keeps for a task that sleeps.
#pragma once

#include <atomic>
#include <cstdint>

#include "core/job.hpp"
#include "measure/memory.hpp"

namespace asyncbench::workloads {

// Jobs of ever more tasks that do nothing but sleep. The tasks of one job are all started at once,
// and a strategy makes what it needs for them in whatever order it likes, so that no count within a
// job says how many of them the memory is for. What a job has given back stays with the process, or
// is taken anew by the next one, which needs more.
class Sleepers {
 public:
  // More would cost seconds and say the same.
  static constexpr std::uint64_t kTasksMax = 10'000;

  // The last job has so many tasks, or kTasksMax.
  explicit Sleepers(std::uint64_t tasks);

  // The tasks of the next job; it ends by itself once the memory has been read. False: that was the
  // last one, or it was stopped.
  bool next(Job& job);

  // Tasks and bytes, after the last job.
  const measure::MemoryRamp& ramp() const { return ramp_; }

 private:
  class Sleeper;

  // From a task's thread: it has slept once. The last of all finds each of them asleep, or about to
  // be again.
  void has_slept();

  measure::MemoryRamp ramp_;
  std::uint64_t tasks_ = 0;  // of the job under way
  std::atomic<std::uint64_t> slept_{0};
  std::atomic<bool> is_read_{true};
};

}  // namespace asyncbench::workloads
