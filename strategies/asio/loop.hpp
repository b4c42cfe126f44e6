// One lane: an io_context, the tasks that it runs, and the timer that all of their deadlines share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>

#include "core/file_pool.hpp"
#include "core/job.hpp"
#include "core/timer_queue.hpp"
#include "files.hpp"
#include "handler_memory.hpp"
#include "net.hpp"

namespace asyncbench::asio_loop {

class AcceptLoop;
class Loop;
class Stream;

// Something that waits for a point in time.
class Waiter : public Timer {
 public:
  // The time has come. The waiter may destroy itself here.
  virtual void expired() = 0;

 protected:
  ~Waiter() = default;
};

// How tasks are run: makes the stream of one. The parameters are those of Stream.
using MakeStream = std::unique_ptr<Stream> (*)(Loop& loop, Task& task, std::unique_ptr<Task> owned,
                                               Stream* parent);

template <class Kind>
std::unique_ptr<Stream> make_stream(Loop& loop, Task& task, std::unique_ptr<Task> owned,
                                    Stream* parent) {
  return std::make_unique<Kind>(loop, task, std::move(owned), parent);
}

// All members but stop() are for the thread that calls run().
class Loop {
 public:
  // The index of a stream that is not in the list.
  static constexpr std::size_t kNotRunning = static_cast<std::size_t>(-1);

  // Throws boost::system::system_error when the kernel grants no epoll descriptor or no ring.
  Loop(Job& job, unsigned lane, MakeStream make_stream);
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  ~Loop();

  // Runs the lane's tasks, and those of the connections it accepts, until all have finished.
  void run();

  // The hard stop; from any thread, any number of times.
  void stop();

  bool stopping() const { return stopping_; }
  unsigned lane() const { return lane_; }
  net::io_context& context() { return context_; }
  LaneReport& report() { return report_; }

  // The clock when the loop last looked at it: never later than now.
  Time last_known_time() const { return last_known_time_; }
  Time look_at_clock() { return last_known_time_ = now(); }

  void start_timer(Waiter& waiter, Time due);
  void stop_timer(Waiter& waiter) { timers_.clear(waiter); }
  void forget_timer(Waiter& waiter) { timers_.remove(waiter); }

  // The lane's file threads.
  FilePool& files() { return *files_; }

#if defined(BOOST_ASIO_HAS_FILE)
  IoMemory& io_memory() { return io_memory_; }
#endif

  // Starts the task of an accepted connection.
  void start(std::unique_ptr<Task> task, Socket accepted);

  // Starts a child of `parent`, on the stream that it has or on a new one.
  void start_child(Task& task, Stream& parent);

  // The stream's task has finished: destroys the stream, and the task if the strategy owns it,
  // unless the task is a child, whose parent may want to run it again.
  void finish(Stream& stream);

  // Takes a stream out of the list of those whose tasks run, if it is there.
  void leave(Stream& stream);

 private:
  Stream& add(Task& task, std::unique_ptr<Task> owned, Stream* parent);
  void enter(Stream& stream);
  void arm();
  void fire();
  void make_files();
  void wake_for_files();
  void cancel_everything();
  void wind_up();
  void end_when_idle();

  Job& job_;
  const unsigned lane_;
  const MakeStream make_stream_;
  LaneReport& report_;
  HandlerMemory wake_memory_;  // outlives the context, which may still hold the wake-up
  net::io_context context_;
  // run() does not see that file threads work.
  net::executor_work_guard<Executor> work_ = net::make_work_guard(context_);
  WakeTimer timer_;
  Time armed_ = kNever;  // when timer_ fires; kNever: it does not wait; least: it must not be set
  Time last_known_time_ = now();
  TimerQueue<Waiter> timers_;
#if defined(BOOST_ASIO_HAS_FILE)
  IoMemory io_memory_;
#endif
  std::optional<FilePool> files_;
  std::unique_ptr<AcceptLoop> accept_loop_;
  std::vector<Stream*> streams_;  // of the tasks that run, which own them
  bool stopping_ = false;
};

}  // namespace asyncbench::asio_loop
