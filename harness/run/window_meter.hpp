// What this participant consumes between the window's start and its end.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "measure/profiler.hpp"
#include "measure/syscalls.hpp"
#include "measure/usage.hpp"
#include "result/result.hpp"

namespace asyncbench::run {

// Used by the harness thread alone, which makes it before it starts any other; thread_ends() is the
// exception.
class WindowMeter {
 public:
  WindowMeter(bool count_syscalls, const std::optional<measure::ProfileOptions>& profile,
              measure::UsageSource source = {});

  void window_starts();
  void window_ends();

  // The cell's turns, in their order; each ends with its rest. `begins`: when the first request of
  // it may begin, before which its reading must be done.
  void turn_starts(Time begins);
  void turn_ends();

  // From a thread of the strategy, which may end before the harness has seen that the window has;
  // the harness joins it before usage().
  void thread_ends();

  // Readable when attend() is due, -1: never.
  int descriptor() const { return profiler_ ? profiler_->descriptor() : -1; }
  void attend() { profiler_->drain(); }

  // For a profiled trial: who observes the requests (null: nobody) and the job, and where the
  // window ends.
  measure::RequestObserver* observer() { return profiler_ ? profiler_->observer() : nullptr; }
  void look_on(Job& job);
  void set_window_end(Time end);

  // After the window; what could not be read is null with its reason.
  result::Usage usage() const;

  // One value a turn, empty where it was read too late.
  const std::vector<std::optional<std::int64_t>>& turns_cpu_ns() const { return turns_cpu_ns_; }

  // After the job's threads have ended: what a profiled trial saw, otherwise empty. Takes about
  // 100 ms.
  std::optional<measure::Profile> take_profile(std::span<const LaneReport> lanes);

 private:
  measure::UsageSource source_;
  std::optional<measure::SyscallCounter> counter_;
  std::optional<measure::Profiler> profiler_;
  measure::UsageSnapshot before_;
  measure::UsageSnapshot after_;
  std::mutex mutex_;  // guards the next two, until all threads have ended
  bool has_started_ = false;
  measure::ThreadTimes ended_;  // of threads that ended after the window's start
  measure::Reading calls_before_;
  measure::Reading calls_after_;
  std::optional<measure::CpuTotal> turn_started_;  // CPU time so far; empty: read too late
  std::vector<std::optional<std::int64_t>> turns_cpu_ns_;
};

}  // namespace asyncbench::run
