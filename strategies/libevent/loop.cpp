#include "loop.hpp"

#include <cerrno>
#include <cstring>
#include <string>

#include "core/strategy.hpp"

namespace asyncbench::libevent {

namespace {

// Without locks, because other threads never call it, and without reading the environment. The
// clock is not looked at either, since nothing here is a timeout of libevent's (see Loop::turn()).
// The change list turns what happens to a descriptor between two waits into one epoll_ctl(2): a
// connected socket's change from room to bytes is one instead of two. It requires that no
// descriptor be a duplicate.
event_base* make_base() {
  const std::unique_ptr<event_config, decltype(&event_config_free)> config(event_config_new(),
                                                                           &event_config_free);
  event_base* base = nullptr;
  if (config) {
    event_config_set_flag(config.get(), EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_IGNORE_ENV |
                                            EVENT_BASE_FLAG_NO_CACHE_TIME |
                                            EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST);
    event_config_require_features(config.get(), EV_FEATURE_ET | EV_FEATURE_O1);
    base = event_base_new_with_config(config.get());
  }
  if (base != nullptr) return base;
  throw StrategyError(std::string("event_base_new_with_config: ") + strerrorname_np(errno) +
                      "; raise the limit of open files (ulimit -n) or ask for fewer threads");
}

}  // namespace

bool Event::assign(event_base* base, int fd, short what, event_callback_fn callback, void* of) {
  event_assign(&event_, base, fd, static_cast<short>(what | EV_PERSIST), callback, of);
  if (event_add(&event_, nullptr) != 0) return false;
  what_ = what;
  return true;
}

void Event::remove() {
  if (what_ != 0) event_del(&event_);
  what_ = 0;
}

// Timer and wake-up are edge-triggered, so nothing is ever read from them: each expiry and each
// write is an edge of its own.
Loop::Loop(Job& job, unsigned lane)
    : SocketDriver(job, lane), base_(make_base(), &event_base_free) {
  report().granted = {event_base_get_method(base_.get()), "timerfd"};
  timer_.assign(
      base_.get(), timer_fd_.get(), EV_READ | EV_ET,
      [](int, short, void* of) {
        Loop& loop = *static_cast<Loop*>(of);
        loop.timer_fd_.has_fired();
        loop.fire_timers();
      },
      this);
  woken_.assign(
      base_.get(), wake_fd(), EV_READ | EV_ET,
      [](int, short, void* of) { static_cast<Loop*>(of)->woken(); }, this);
}

// Timeouts of libevent's own are either as coarse as the kernel's tick, up to 10 ms, or, with
// EVENT_BASE_FLAG_PRECISE_TIMER, cost a timerfd_settime(2) in each turn (epoll_dispatch() in
// epoll.c). This timer is armed only for what is due before all that was: deadlines move lazily
// (see TimerQueue).
void Loop::turn() {
  if (const Time due = next_due(); due < timer_fd_.due()) timer_fd_.arm(due);
  event_base_loop(base_.get(), has_ready() ? EVLOOP_ONCE | EVLOOP_NONBLOCK : EVLOOP_ONCE);
  report().woke();
  run_ready();
}

// Not an evconnlistener: it knows no end of a batch, and the tasks of the connections that it
// accepts would wait for the last of them.
void Loop::watch_listener(bool is_wanted) {
  arrivals_.remove();
  if (!is_wanted) return;
  arrivals_.assign(
      base_.get(), listener(), EV_READ,
      [](int, short, void* of) { static_cast<Loop*>(of)->accept(); }, this);
}

// The stream's one event tells of room or of bytes, never both: a task waits for one thing.
int Loop::await_event(Stream& stream, short what) {
  if (stream.event.what() == what) return 0;
  stream.event.remove();
  stream.loop = this;
  const bool is_watched = stream.event.assign(
      base_.get(), stream.socket.get(), what,
      [](int, short, void* of) {
        Stream& ready = *static_cast<Stream*>(of);
        ready.loop->has_news(ready);
      },
      &stream);
  return is_watched ? 0 : ENOMEM;
}

}  // namespace asyncbench::libevent
