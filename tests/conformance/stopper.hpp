// Stops a run in the midst of an operation.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <stop_token>
#include <thread>

#include "core/op.hpp"

namespace asyncbench::conformance {

// Stops the run once the task is in, or about to begin, the operation in question; both must lead
// to the same end. The pause makes the former likely.
class Stopper {
 public:
  explicit Stopper(std::stop_source run)
      : thread_([this, run]() mutable {
          reached_.wait(false);
          std::this_thread::sleep_for(std::chrono::milliseconds(20));
          run.request_stop();
        }) {}

  void now_waiting() {
    reached_ = true;
    reached_.notify_one();
  }

 private:
  std::atomic<bool> reached_ = false;
  std::jthread thread_;
};

inline void expect_canceled(const Completion& ended) {
  EXPECT_EQ(ended.error, std::errc::operation_canceled) << ended.error.message();
}

}  // namespace asyncbench::conformance
