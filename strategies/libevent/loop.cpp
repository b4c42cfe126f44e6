// Turning the loop: timers, accepting, files, the stop.
#include "loop.hpp"

#include <sys/eventfd.h>
#include <sys/timerfd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

#include "core/file_ops.hpp"
#include "core/socket_ops.hpp"
#include "core/strategy.hpp"

namespace asyncbench::libevent {

namespace {

Fd granted(int fd, const char* by) {
  if (fd >= 0) return Fd{fd};
  throw StrategyError(std::string(by) + ": " + strerrorname_np(errno) +
                      "; raise the limit of open files (ulimit -n) or ask for fewer threads");
}

}  // namespace

// Timer and wake-up are edge-triggered, so nothing is ever read from them: each expiry and each
// write is an edge of its own.
Loop::Loop(Job& job, unsigned lane)
    : EventLoop(job, lane),
      timer_fd_(
          granted(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK), "timerfd_create")),
      wake_fd_(granted(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")) {
  report().granted = {event_base_get_method(base_.get()), "timerfd"};
  if (listener() >= 0) set_blocking(listener(), false);
  timer_.assign(
      base_.get(), timer_fd_.get(), EV_READ | EV_ET,
      [](int, short, void* of) {
        Loop& loop = *static_cast<Loop*>(of);
        loop.armed_ = kNever;
        loop.fire_timers();
      },
      this);
  wake_.assign(
      base_.get(), wake_fd_.get(), EV_READ | EV_ET,
      [](int, short, void* of) {
        Loop& loop = *static_cast<Loop*>(of);
        loop.take_files();
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
  ++report().wakeups;
  run_ready();
}

void Loop::stop() {
  ask_to_stop();
  wake();
}

// Fails only when the counter is full: then the loop has been woken already.
void Loop::wake() { eventfd_write(wake_fd_.get(), 1); }

// Timeouts of libevent's own are either as coarse as the kernel's tick, up to 10 ms, or, with
// EVENT_BASE_FLAG_PRECISE_TIMER, cost a timerfd_settime(2) in each turn (epoll_dispatch() in
// epoll.c). This timer is armed only for what is due before all that was: deadlines move lazily
// (see TimerQueue).
void Loop::arm(Time due) {
  if (due >= armed_) return;
  armed_ = due;
  const std::int64_t ns = std::max<std::int64_t>(to_ns(due), 1);  // 0 would disarm it
  const itimerspec at{.it_interval = {},
                      .it_value = {.tv_sec = ns / 1'000'000'000, .tv_nsec = ns % 1'000'000'000}};
  timerfd_settime(timer_fd_.get(), TFD_TIMER_ABSTIME, &at, nullptr);
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

// libevent has no files: for epoll they are always ready, however long a read then takes. What the
// page cache can do is done here and now; only what would block pays for a thread's two switches.
Loop::Attempt Loop::file(Stream& stream, const Op& wanted) {
  if (Attempt ended = files_.try_at_once(wanted)) return ended;
  if (!stream.file) stream.file = std::make_unique<FileWait>();
  stream.file->op = wanted;
  stream.file->stream = &stream;
  park(stream, Waits::file, kNever);
  files_.submit(*stream.file);
  return std::nullopt;
}

void Loop::take_files() {
  files_.take_ended([this](FileWork& work) {
    const Completion ended = is_stopping() ? cancel_file_op(work.op, work.ended) : work.ended;
    complete(*static_cast<FileWait&>(work).stream, ended);
  });
}

}  // namespace asyncbench::libevent
