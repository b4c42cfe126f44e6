// One job of a benchmark.
#pragma once

#include <benchmark/benchmark.h>

#include <atomic>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "core/strategy.hpp"

namespace asyncbench {

// Time and CPU are counted from the moment when the first task begins what is measured until the
// last task has ended it: to make loops and rings, and to destroy them, is no part of an
// operation's cost.
class MeasuredJob {
 public:
  // Make it within the benchmark's loop, for a job in which `tasks` tasks are measured.
  explicit MeasuredJob(benchmark::State& state, unsigned tasks = 1)
      : state_(state), unended_(tasks) {
    state_.PauseTiming();
  }
  MeasuredJob(const MeasuredJob&) = delete;
  MeasuredJob& operator=(const MeasuredJob&) = delete;

  // Every measured task calls each of these once, from any thread.
  void begun() {
    if (!has_begun_.exchange(true)) state_.ResumeTiming();
  }
  void ended() {
    if (--unended_ == 0) state_.PauseTiming();
  }

  // Any thread may call it; a task that calls it need not call ended(). The first reason is the
  // benchmark's error.
  void fail(std::string why) {
    const std::lock_guard lock(mutex_);
    if (why_.empty()) why_ = std::move(why);
  }

  // Runs the job once, in `threads` loops.
  void run(Strategy& strategy, Job& job, unsigned threads = 1) {
    std::vector<LaneReport> lanes(threads);
    job.threads = threads;
    job.lanes = lanes;
    try {
      strategy.run(job);
    } catch (const StrategyError& refused) {
      fail(refused.what());
    }
    if (why_.empty()) {
      state_.ResumeTiming();  // the benchmark's loop expects that the clock is running
    } else {
      state_.SkipWithError(("failed: " + why_).c_str());
    }
  }

 private:
  benchmark::State& state_;
  std::atomic<unsigned> unended_;
  std::atomic<bool> has_begun_ = false;
  std::mutex mutex_;  // guards why_
  std::string why_;
};

}  // namespace asyncbench
