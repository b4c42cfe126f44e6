// The tasks of one lane: each is run by a fiber of its own, in one thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <vector>

#include "core/file_pool.hpp"
#include "core/job.hpp"
#include "reactor.hpp"
#include "stack_pool.hpp"
#include "stream.hpp"

namespace asyncbench::fiber {

// A task with its stream. It lives in Task::state: while the task runs; for a gathered child, until
// the task that gathered it first has finished.
struct Session final : TaskState, Stream {
  Session(StreamsOfLane& lane, Task& of) : Stream(lane), task(of) {}

  Task& task;
  std::unique_ptr<Task> owned;  // the task of an accepted connection
  Session* parent = nullptr;    // whose Gather this run belongs to
  std::size_t unfinished_children = 0;
  std::vector<Task*> children;  // that belong to this task
  std::size_t index = 0;        // in Lane::running_
};

// All members but stop() are for the thread that runs the lane.
class Lane {
 public:
  // Throws StrategyError when the system grants no descriptors.
  Lane(Job& job, unsigned lane);

  // Runs to the end of the job. Throws StrategyError or std::bad_alloc.
  void run();

  // From any thread: the hard stop.
  void stop();

 private:
  // A file operation in the pool's hands. It lies on the stack of the fiber that waits for it.
  struct FileWait : FileWork {
    Waiter* waiter = nullptr;
  };

  template <class Body>
  void spawn(Body body);

  // What the fibers run.
  void run_task(Session& session);
  void drive(Session& session);
  void accept_all();

  Completion perform(Session& session, const Op& op);
  Completion file(Session& session, const Op& op);
  Completion sleep(Session& session, const op::Sleep& wanted);
  Completion gather(Session& session, const op::Gather& wanted);

  void start_tasks();
  Session& add(Task& task);
  void begin(Session& session);
  bool begin_accepted(Fd socket);
  void finish(Session& session);
  void discard(Session& session);
  void discard_children(Session& session);

  bool must_give_way(int ended_at_once, const Op& next) const;
  void give_way();
  void woken();
  void stop_if_asked();
  void cancel_all();
  void fail(std::exception_ptr why);

  Job& job_;
  const unsigned lane_;
  LaneReport& report_;
  StackPool stacks_;  // outlives all fibers
  Reactor reactor_;
  StreamsOfLane streams_{reactor_, {}};
  FilePool files_;
  std::vector<Session*> running_;  // those that have not finished
  std::size_t fibers_ = 0;         // that have not ended
  std::size_t giving_way_ = 0;
  Waiter main_;       // waits for all fibers
  Waiter accepting_;  // the fiber that accepts
  bool accepts_unix_ = false;
  std::atomic<bool> stop_asked_ = false;
  std::exception_ptr failure_;
};

}  // namespace asyncbench::fiber
