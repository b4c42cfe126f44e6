// When tasks ran, turn by turn, for profiled trials. Strategies know nothing of it: the job's tasks
// are wrapped.
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

// One call of a task: from when an operation's end was delivered to when it said what it wants
// next.
struct Turn {
  std::int64_t start_ns = 0;  // CLOCK_MONOTONIC
  std::int64_t end_ns = 0;
  std::uint32_t task = 0;   // numbered as they were wrapped
  std::int32_t thread = 0;  // gettid(2)
  OpKind wanted = OpKind::finish;

  bool operator==(const Turn&) const = default;
};

// Wraps the tasks of a job, and those of its acceptor's connections, so that each of their turns in
// a lane is kept: two looks at the clock and one line of memory. A gathered child's turns are not.
// Outlives the job.
class Timeline {
 public:
  // The newest `turns` of each lane are kept.
  Timeline(std::size_t lanes, std::size_t turns);
  ~Timeline();
  Timeline(const Timeline&) = delete;
  Timeline& operator=(const Timeline&) = delete;

  // After Side::prepare(), before the strategy runs.
  void wrap(Job& job);

  // From any thread; between the two turns are kept.
  void start() { is_on_.store(true, std::memory_order_relaxed); }
  void stop() { is_on_.store(false, std::memory_order_relaxed); }

  struct Taken {
    std::vector<Turn> turns;            // in the order of their starts
    std::uint64_t overwritten = 0;      // turns that had to give way
    std::int64_t complete_from_ns = 0;  // from here on no lane lacks any
  };
  // After the job has run.
  Taken take() const;

  // The task whose turn it is on the calling thread, and when its last Send had ended; kNoTask: of
  // none that was wrapped.
  struct Current {
    std::uint32_t task;
    Time sent;  // kNever: not since the last Begin
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
