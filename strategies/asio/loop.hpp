// One lane: an io_context, the tasks that it runs, and the timer that all of their deadlines share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/job.hpp"
#include "core/timer_queue.hpp"
#include "net.hpp"

namespace asyncbench::asio_loop {

class AcceptLoop;
class Stream;

// Something that waits for a point in time.
class Waiter : public Timer {
 public:
  // The time has come. The waiter may destroy itself here.
  virtual void expired() = 0;

 protected:
  ~Waiter() = default;
};

// All members but stop() are for the thread that calls run().
class Loop {
 public:
  // Throws boost::system::system_error when the kernel grants no epoll descriptor.
  Loop(Job& job, unsigned lane);
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

  // Starts a task on its stream; `accepted` and `owned` are set for an accepted connection.
  void start(Task& task);
  void start(std::unique_ptr<Task> task, Socket accepted);

  // The stream's task has finished: destroys the stream, and the task if the strategy owns it.
  void finish(Stream& stream);

  // An operation that had to wait has ended; `last_seen` is the stream's own. Asio does not tell
  // when epoll_wait returns, but it reports a descriptor once each time: a second report means
  // that it has returned again. LaneReport::wakeups is therefore a lower bound, exact as long as
  // every return brings one descriptor, or all.
  void count_wakeup(std::uint64_t& last_seen) {
    if (last_seen == report_.wakeups) ++report_.wakeups;
    last_seen = report_.wakeups;
  }

 private:
  Stream& add(std::unique_ptr<Stream> stream);
  void arm();
  void fire();
  void cancel_everything();
  void abandon();
  void end_when_idle();

  Job& job_;
  const unsigned lane_;
  LaneReport& report_;
  net::io_context context_;
  WakeTimer timer_;
  Time armed_ = kNever;  // when timer_ fires; kNever: it does not wait
  Time last_known_time_ = now();
  TimerQueue<Waiter> timers_;
  std::unique_ptr<AcceptLoop> accept_loop_;
  std::vector<Stream*> streams_;  // of the unfinished tasks, which own them
  bool stopping_ = false;
};

}  // namespace asyncbench::asio_loop
