// An event_base with the events that each loop needs.
#pragma once

#include <event2/event.h>
#include <event2/event_struct.h>

namespace asyncbench::libevent {

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

  // Of assign(); 0 when it is not in its base.
  short what() const { return what_; }

 private:
  event event_;
  short what_ = 0;
};

class Base {
 public:
  // Throws StrategyError when the system grants no descriptors.
  Base();
  ~Base();
  Base(const Base&) = delete;
  Base& operator=(const Base&) = delete;

  event_base* get() { return base_; }

 private:
  event_base* base_;
};

}  // namespace asyncbench::libevent
