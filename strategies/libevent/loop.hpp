// One event loop: performs the operations of the tasks of one lane with libevent.
#pragma once

#include <event2/event.h>
#include <event2/event_struct.h>

#include <memory>

#include "core/loop_descriptors.hpp"
#include "core/socket_driver.hpp"

namespace asyncbench::libevent {

class Loop;

// An event that leaves its base before it dies; unset until assign().
class Event {
 public:
  Event() = default;
  ~Event() { remove(); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  // Calls `callback` with `of` when `what` (EV_READ, EV_WRITE, EV_ET) of the descriptor has come,
  // until remove(). False when libevent is out of memory.
  bool assign(event_base* base, int fd, short what, event_callback_fn callback, void* of);
  void remove();

  // The argument of assign(); 0 when it is not in its base.
  short what() const { return what_; }

 private:
  event event_;
  short what_ = 0;
};

struct Stream final : SocketTask {
  using SocketTask::SocketTask;

  // Level-triggered. It stays in its base between two Receives, because taking it out and putting
  // it back are a system call each, until it reports something that nobody has asked for.
  Event event;
  Loop* loop = nullptr;  // for the event
};

// With recv(2) and send(2) on plain events rather than with bufferevents, which would copy every
// byte into an evbuffer and out again, and allocate for it.
class Loop final : public SocketDriver<Loop, Stream> {
 public:
  // Throws StrategyError when the system grants no descriptors.
  Loop(Job& job, unsigned lane);

 private:
  friend class TaskDriver<Loop, Stream>;
  friend class SocketDriver<Loop, Stream>;

  void turn();
  void watch_listener(bool is_wanted);
  int await_event(Stream& stream, short what);
  int watch(Stream& stream, bool connects) { return connects ? await_event(stream, EV_WRITE) : 0; }
  int await(Stream& stream, Waits what) {
    return await_event(stream, what == Waits::receive ? EV_READ : EV_WRITE);
  }
  void unwatch(Stream& stream) { stream.event.remove(); }

  std::unique_ptr<event_base, decltype(&event_base_free)> base_;
  TimerFd timer_fd_;
  Event timer_;
  Event woken_;
  Event arrivals_;
};

}  // namespace asyncbench::libevent
