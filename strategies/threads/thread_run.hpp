// One run of a job by threads that make blocking calls.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string>
#include <unordered_set>

#include "core/fd.hpp"
#include "core/job.hpp"
#include "stop_signal.hpp"
#include "threaded_task.hpp"
#include "workforce.hpp"

namespace asyncbench::threads {

// Starts the tasks of a job, accepts connections, carries out the stop and waits for the end; who
// drives the tasks is the workforce's matter. A task in flight is touched by the one thread that
// drives it, which ends its part in the run with finished(): counting tasks counts the threads that
// matter.
class ThreadRun {
 public:
  // The workforce and the signal, which the run sets at the job's stop, outlive it.
  ThreadRun(Job& job, StopSignal& stop, Workforce& workforce);
  ThreadRun(const ThreadRun&) = delete;
  ThreadRun& operator=(const ThreadRun&) = delete;

  // Returns when every task has finished and no thread touches the run or the job any more.
  void run();

  Workforce& workforce() { return workforce_; }
  const StopSignal& stop_signal() const { return stop_; }

  // Registers a task, and the stream that it is to have, for a stop to wake. `parent`: the
  // task is a child, and the run does not wait for its end.
  ThreadedTask& enlist(Task& task, unsigned lane, ThreadedTask* parent);
  // Takes the task off the register: from now on no stop will touch its stream.
  void delist(ThreadedTask& threaded);
  // The end of a task, called by its thread as the last thing it does with the run.
  void finished(ThreadedTask& threaded);

 private:
  void start_tasks();
  void accept_until_stop();
  void accept_connections(unsigned lane);
  void start_accepted(Fd connection, LaneReport& report);
  void wait_for_tasks();
  void stop();
  // Ends the run with StrategyError, once all threads that there are have ended.
  [[noreturn]] void give_up(const std::string& thread_of, int error);

  Job& job_;
  StopSignal& stop_;
  Workforce& workforce_;
  std::atomic<unsigned> accepted_ = 0;

  std::mutex mutex_;  // guards what follows and the lane reports
  std::condition_variable changed_;
  std::unordered_set<ThreadedTask*> in_flight_;  // to be woken by a stop
  std::size_t unfinished_ = 0;
};

}  // namespace asyncbench::threads
