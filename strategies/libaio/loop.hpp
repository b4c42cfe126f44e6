// One event loop on one context: performs the operations on files of the tasks of one lane.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <vector>

#include "context.hpp"
#include "core/file_pool.hpp"
#include "core/loop_descriptors.hpp"
#include "core/task_driver.hpp"

namespace asyncbench::aio {

inline constexpr unsigned kRequestsMax = 4096;  // in flight; further ones wait their turn
inline constexpr std::size_t kEventsPerWait = 512;

// While nothing but reads and writes is waited for, a loop waits for this share of those in flight
// to end, so that the kernel is entered once for several, for kBatchWaitMax at most: as `uring`
// does.
inline constexpr unsigned kBatchShare = 4;
inline constexpr unsigned kBatchCompletionsMax = 32;
inline constexpr std::chrono::microseconds kBatchWaitMax{10'000};

struct Stream final : DrivenTask {
  using DrivenTask::DrivenTask;

  iocb request{};
  std::unique_ptr<FileWait> file;  // from the first operation that a thread performs
};

class Loop final : public TaskDriver<Loop, Stream> {
 public:
  // Throws StrategyError.
  Loop(Job& job, unsigned lane);

  // Runs to the end of the job. Throws StrategyError.
  void run();

  // From any thread: the hard stop.
  void stop();

 private:
  friend class TaskDriver<Loop, Stream>;

  void turn();
  void submit();
  unsigned events_to_await() const;
  Time wait_until(unsigned least) const;
  Attempt file(Stream& stream, const Op& wanted);
  Attempt queue(Stream& stream, const Op& wanted);
  void ended(Stream& stream, long result);
  void await_wake();
  void woken();

  WakeFd wake_;
  FilePool files_{[this] { wake_.wake(); }};
  iocb wake_request_{};
  std::vector<iocb*> queued_;  // to be submitted, in this order
  std::size_t in_flight_ = 0;  // requests of streams that the kernel has
  std::size_t syncs_ = 0;      // of these and of the queued ones: have a time of their own
  std::array<io_event, kEventsPerWait> events_;
  Context context_;
};

}  // namespace asyncbench::aio
