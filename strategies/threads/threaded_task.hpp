// A task, its stream and its children, driven by blocking calls of one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "blocking_stream.hpp"
#include "core/batch_sizes.hpp"
#include "core/task.hpp"
#include "poller.hpp"
#include "workforce.hpp"

namespace asyncbench::threads {

class ThreadRun;

// The children that a task has gathered. A child's stream and state last from its first Gather to
// the Finish of the task that gathers it; between two Gathers they wait.
struct Family {
  std::vector<ThreadedTask*> members;  // for the parent's thread

  std::mutex mutex;  // guards what follows
  std::size_t running = 0;
  std::span<Task* const> without_thread;  // of the Gather under way: no thread could be had yet
  std::vector<Parking*> helpers;          // threads that have driven a child, and wait for another
};

class ThreadedTask final : public TaskState, public Waiting {
 public:
  // `parent`: the task that gathers this one, if any.
  ThreadedTask(ThreadRun& run, Task& task, unsigned lane, ThreadedTask* parent);

  // What a thread does with a task that it was given: it drives this task, and then each task with
  // which it goes on (a child, or the parent when its last child has finished).
  static void drive(ThreadedTask* task);

  // A thread that waits to drive a child of the same parent; null: there is none.
  Parking* take_helper();

  // For the workforce, before it hands the task over.
  std::uint64_t threads_created = 0;
  std::uint64_t thread_create_failures = 0;

 private:
  friend class ThreadRun;

  void start() { next_ = task_.start(lane_); }
  // The task with which this thread goes on; null: none.
  ThreadedTask* go_on(bool is_fresh);
  ThreadedTask* finish();

  // nullopt: the task waits elsewhere and must not be touched.
  std::optional<Completion> perform(const Op& op);
  std::optional<Completion> receive(const op::Receive& receive);
  std::optional<Completion> sleep(const op::Sleep& sleep);
  std::uint64_t waits() const { return stream_.waits() + sleeps_; }

  // The child with which this thread goes on; null: the operation ends at once.
  ThreadedTask* gather(std::span<Task* const> children);
  ThreadedTask* child_finished();
  void dissolve_family();

  ThreadRun& run_;
  Task& task_;
  unsigned lane_;
  ThreadedTask* parent_;
  Op next_ = op::Finish{};
  bool wait_is_over_ = false;  // somebody else has waited for next_
  BlockingStream stream_;
  std::unique_ptr<Family> family_;  // made by the first Gather
  std::unique_ptr<Task> owned_;     // an accepted task, which dies after its Finish
  std::uint64_t completions_ = 0;
  TaskBatches batches_;
  std::uint64_t sleeps_ = 0;
  std::uint64_t waits_elsewhere_ = 0;
};

}  // namespace asyncbench::threads
