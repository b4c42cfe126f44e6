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

// Time and CPU count from the moment at which the first task begins what is measured until the last
// has ended it: making loops and rings, and taking them apart, is not what an operation costs.
class MeasuredJob {
 public:
  // Within the benchmark's loop, for a job in which `tasks` tasks are measured.
  explicit MeasuredJob(benchmark::State& state, unsigned tasks = 1)
      : state_(state), unended_(tasks) {
    state_.PauseTiming();
  }
  MeasuredJob(const MeasuredJob&) = delete;
  MeasuredJob& operator=(const MeasuredJob&) = delete;

  // Each called once by every measured task, from whichever thread.
  void begun() {
    if (!has_begun_.exchange(true)) state_.ResumeTiming();
  }
  void ended() {
    if (--unended_ == 0) state_.PauseTiming();
  }

  // From whichever thread; a task that calls this need not come to ended(). The first reason is
  // the benchmark's error.
  void fail(std::string why) {
    const std::lock_guard lock(mutex_);
    if (why_.empty()) why_ = std::move(why);
  }

  // Runs the job in `threads` loops, once.
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
      state_.ResumeTiming();  // the benchmark's loop finds the clock running, as it left it
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
