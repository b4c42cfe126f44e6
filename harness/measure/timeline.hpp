// When tasks ran, turn by turn, for profiled trials. The job's tasks are wrapped, so strategies
// need not know about it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/job.hpp"
#include "core/op.hpp"
#include "core/time.hpp"

namespace asyncbench::measure {

// One call of a task: from the time when it was told that an operation has ended until it returned
// the next operation.
struct Turn {
  std::int64_t start_ns = 0;  // CLOCK_MONOTONIC
  std::int64_t end_ns = 0;
  std::uint32_t task = 0;   // in the order of wrapping
  std::int32_t thread = 0;  // gettid(2)
  OpKind wanted = OpKind::finish;

  bool operator==(const Turn&) const = default;
};

// Wraps the tasks of a job, and those of its acceptor's connections, and keeps each of their turns
// in its lane. A turn costs two reads of the clock and one cache line. The turns of a gathered
// child are not kept. Outlives the job.
class Timeline {
 public:
  // The newest `turns` of each lane are kept.
  Timeline(std::size_t lanes, std::size_t turns);
  ~Timeline();
  Timeline(const Timeline&) = delete;
  Timeline& operator=(const Timeline&) = delete;

  // After Side::prepare(), before the strategy runs.
  void wrap(Job& job);

  // Turns are kept between these two calls, which any thread may make.
  void start() { is_on_.store(true, std::memory_order_relaxed); }
  void stop() { is_on_.store(false, std::memory_order_relaxed); }

  struct Taken {
    std::vector<Turn> turns;            // in the order of their starts
    std::uint64_t overwritten = 0;      // turns that newer ones replaced
    std::int64_t complete_from_ns = 0;  // from here on the turns of all lanes are complete
  };
  // After the job has run.
  Taken take() const;

  // The task whose turn it is on the calling thread, and when its last Send had ended; kNoTask when
  // no wrapped task has its turn.
  struct Current {
    std::uint32_t task;
    Time sent;  // kNever: no Send has ended since the last Begin
  };
  static constexpr std::uint32_t kNoTask = UINT32_MAX;
  static Current current();

 private:
  class TracedTask;
  class TracingAcceptor;
  struct Lane;

  std::unique_ptr<Task> traced(std::unique_ptr<Task> task);
  void keep(unsigned lane, const Turn& turn);

  std::atomic<bool> is_on_{false};
  std::atomic<std::uint32_t> tasks_{0};
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::unique_ptr<TracingAcceptor> acceptor_;
};

}  // namespace asyncbench::measure
