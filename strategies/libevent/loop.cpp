// Turning the loop: timers, accepting, files, the stop.
#include "loop.hpp"

#include "core/socket_ops.hpp"

namespace asyncbench::libevent {

// Timer and wake-up are edge-triggered, so nothing is ever read from them: each expiry and each
// write is an edge of its own.
Loop::Loop(Job& job, unsigned lane) : EventLoop(job, lane) {
  report().granted = {event_base_get_method(base_.get()), "timerfd"};
  if (listener() >= 0) set_blocking(listener(), false);
  timer_.assign(
      base_.get(), timer_fd_.get(), EV_READ | EV_ET,
      [](int, short, void* of) {
        Loop& loop = *static_cast<Loop*>(of);
        loop.timer_fd_.has_fired();
        loop.fire_timers();
      },
      this);
  wake_.assign(
      base_.get(), wake_fd_.get(), EV_READ | EV_ET,
      [](int, short, void* of) {
        Loop& loop = *static_cast<Loop*>(of);
        loop.take_files(loop.files_);
        loop.stop_if_asked();
      },
      this);
}

void Loop::run() {
  stop_if_asked();
  if (is_accepting()) watch_listener(true);
  start_tasks();
  while (is_busy()) turn();
  report().counters["receives_in_vain"] = receives_in_vain_;
  report().counters["short_sends"] = short_sends_;
  report().counters["file_threads"] = files_.threads();
}

void Loop::turn() {
  arm(next_due());
  event_base_loop(base_.get(), has_ready() ? EVLOOP_ONCE | EVLOOP_NONBLOCK : EVLOOP_ONCE);
  report().woke();
  run_ready();
}

void Loop::stop() {
  ask_to_stop();
  wake_fd_.wake();
}

// Timeouts of libevent's own are either as coarse as the kernel's tick, up to 10 ms, or, with
// EVENT_BASE_FLAG_PRECISE_TIMER, cost a timerfd_settime(2) in each turn (epoll_dispatch() in
// epoll.c). This timer is armed only for what is due before all that was: deadlines move lazily
// (see TimerQueue).
void Loop::arm(Time due) {
  if (due < timer_fd_.due()) timer_fd_.arm(due);
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

// libevent has no files: for epoll they are always ready, however long a read then takes.
Loop::Attempt Loop::file(Stream& stream, const Op& wanted) {
  return perform_by(files_, stream, wanted);
}

}  // namespace asyncbench::libevent
