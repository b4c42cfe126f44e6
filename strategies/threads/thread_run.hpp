// One run of a job by threads that make blocking calls.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_set>

#include "blocking_stream.hpp"
#include "core/fd.hpp"
#include "core/job.hpp"
#include "stop_signal.hpp"

namespace asyncbench::threads {

// When a task goes on in a fresh thread.
enum class FreshThread { for_every_begin, for_every_task };

// A blocking call needs little stack; small ones are cheap to map, so that 10,000 fit. Sanitizers
// enlarge frames.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr std::size_t kStackBytes = 512 * 1024;
#else
inline constexpr std::size_t kStackBytes = 64 * 1024;
#endif

class ThreadRun;

// A task, its stream, and the thread that drives them at the moment.
class ThreadedTask final : public TaskState {
 public:
  ThreadedTask(ThreadRun& run, Task& task, unsigned lane)
      : run_(run), task_(task), lane_(lane), next_(task.start(lane)) {}

 private:
  friend class ThreadRun;

  static void* thread_main(void* task);
  void drive();
  Completion perform(const Op& op);

  ThreadRun& run_;
  Task& task_;
  unsigned lane_;
  Op next_;
  BlockingStream stream_;
  std::unique_ptr<Task> owned_;  // an accepted task, which dies after its Finish
  std::uint64_t completions_ = 0;
  std::uint64_t sleeps_ = 0;
  std::uint64_t threads_created_ = 0;
  std::uint64_t thread_create_failures_ = 0;
};

// Threads are detached. Each task in flight has exactly one thread that may touch the run; at a
// hand-over it is the new one, and the old one ends without looking back. Counting tasks therefore
// counts the threads that matter.
class ThreadRun {
 public:
  ThreadRun(Job& job, FreshThread fresh);
  ThreadRun(const ThreadRun&) = delete;
  ThreadRun& operator=(const ThreadRun&) = delete;

  // Returns when every task has finished and no thread touches the run or the job any more.
  void run();

 private:
  friend class ThreadedTask;

  void start_tasks();
  void accept_until_stop();
  void accept_connections(unsigned lane);
  void start_accepted(Fd connection, LaneReport& report);
  void wait_for_tasks();
  void stop();
  // Ends the run with StrategyError, once all threads that there are have ended.
  [[noreturn]] void give_up(const std::string& thread_of, int error);

  // Starts the task's state machine and registers it as in flight.
  ThreadedTask& enlist(Task& task, unsigned lane);
  // Takes the task off the register: from now on no stop will touch its stream.
  void delist(ThreadedTask& threaded);
  // Continues the task in a fresh thread: 0, or the errno of pthread_create. On success the caller
  // must not touch the task again.
  int spawn(ThreadedTask& threaded);
  // The end of a task, called by its thread as the last thing it does with the run.
  void finished(ThreadedTask& threaded);

  Job& job_;
  FreshThread fresh_;
  StopSignal stop_;
  std::atomic<unsigned> accepted_ = 0;

  std::mutex mutex_;  // guards what follows and the lane reports
  std::condition_variable changed_;
  std::unordered_set<ThreadedTask*> in_flight_;  // to be woken by a stop
  std::size_t unfinished_ = 0;
};

}  // namespace asyncbench::threads
