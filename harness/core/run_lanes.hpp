// Runs the event loops of a job.
#pragma once

#include <exception>
#include <mutex>
#include <stop_token>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "core/job.hpp"
#include "core/strategy.hpp"

namespace asyncbench {

// One loop a lane, each made (by `make(lane)`), run and destroyed by a thread of its own, the first
// by the caller. A loop has run(), and stop(), which is called from any thread, any number of
// times, perhaps before run(), once the job is stopped or another loop has failed.
// When all have ended, throws what the first to fail threw.
template <class Make>
void run_lanes(const Job& job, Make make) {
  std::exception_ptr failure;
  std::mutex mutex;  // guards failure
  std::stop_source failed;
  const auto fail = [&](std::exception_ptr why) {
    {
      const std::lock_guard lock(mutex);
      if (!failure) failure = std::move(why);
    }
    failed.request_stop();
  };
  const auto run_lane = [&](unsigned lane) {
    try {
      auto loop = make(lane);
      const auto stop = [&loop] { loop.stop(); };
      const std::stop_callback on_stop(job.stop, stop);
      const std::stop_callback on_failure(failed.get_token(), stop);
      loop.run();
    } catch (...) {
      fail(std::current_exception());
    }
    if (job.loop_thread_ends) job.loop_thread_ends();
  };
  {
    std::vector<std::jthread> others;
    try {
      for (unsigned lane = 1; lane < job.threads; ++lane) others.emplace_back(run_lane, lane);
      run_lane(0);
    } catch (const std::system_error& refused) {
      fail(std::make_exception_ptr(StrategyError(
          "a thread for each of " + std::to_string(job.threads) + " loops: " + refused.what() +
          "; raise ulimit -u or ask for fewer threads")));
    }
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace asyncbench
