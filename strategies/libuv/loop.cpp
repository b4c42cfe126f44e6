// Turning the loop: timers, accepting, the stop.
#include "loop.hpp"

#include <algorithm>
#include <chrono>

#include "core/fine_timers.hpp"
#include "core/sigpipe_blocked.hpp"
#include "core/socket_ops.hpp"
#include "pool.hpp"

namespace asyncbench::libuv {

using namespace std::chrono_literals;

namespace {

// The kernel ends longer waits late by up to 0.1 % (fs/select.c, select_estimate_accuracy).
constexpr Duration kWaitMax = 1s;

}  // namespace

Loop::Loop(Job& job, unsigned lane) : TaskDriver(job, lane), handles_(this) {
  note_loop();
  report().granted = {"epoll"};
  if (listener() < 0) return;
  accepts_unix_ = is_unix_socket(listener());
  // Not uv_listen(): on EMFILE it accepts all the same, with a spare descriptor, and closes on the
  // clients without telling anybody (uv__emfile_trick() in libuv's src/unix/stream.c). Here they
  // wait until there is room, and are counted.
  require(uv_poll_init(&handles_.loop, &handles_.listener, listener()), "uv_poll_init");
}

void Loop::run() {
  const FineTimers fine_timers;
  const SigpipeBlocked no_sigpipe;  // libuv writes without MSG_NOSIGNAL
  stop_if_asked();
  if (is_accepting()) watch_listener(true);
  uv_prepare_start(&handles_.prepare, [](uv_prepare_t* it) { of(it->loop).before_wait(); });
  uv_check_start(&handles_.check, [](uv_check_t* it) { of(it->loop).after_wait(); });
  start_tasks();
  uv_run(&handles_.loop, UV_RUN_DEFAULT);
  must_hold(buffers_.lent() == 0, "no task holds a receive buffer after its end");
  report().counters["short_sends"] = short_sends_;
}

void Loop::stop() {
  ask_to_stop();
  uv_async_send(&handles_.wake);
}

void Loop::before_wait() {
  if (!is_busy()) uv_stop(&handles_.loop);
  if (has_ready()) {
    uv_idle_start(&handles_.idle, [](uv_idle_t*) {});
  } else {
    uv_idle_stop(&handles_.idle);
  }
  arm(next_due());
}

void Loop::after_wait() {
  report().woke();
  stop_if_asked();
  run_ready();
}

// libuv's clock drops what exceeds whole milliseconds, and its waits last a whole number of them
// from wherever in the present one they begin. Set for the millisecond in which it is due, a timer
// fires less than 1 ms before or after that time: in the first case nothing is due yet, and it is
// set again, for 1 ms. So nothing is early, nor later than 1 ms, and timers that are close together
// cost one wait. The deadlines move lazily (see TimerQueue), so the timer seldom does.
void Loop::arm(Time due) {
  if (due >= armed_) return;
  const Time at = now();
  armed_ = std::min(due, at + kWaitMax);
  // It is as old as the callbacks of this turn are long.
  uv_update_time(&handles_.loop);
  const auto now_ms = static_cast<std::int64_t>(uv_now(&handles_.loop));
  const std::int64_t left_ms = to_ns(armed_) / 1'000'000 - now_ms;
  const std::int64_t wait_ms = due <= at ? 0 : std::max<std::int64_t>(left_ms, 1);
  uv_timer_start(
      &handles_.timer,
      [](uv_timer_t* it) {
        Loop& loop = of(it->loop);
        loop.armed_ = kNever;
        loop.fire_timers();
      },
      static_cast<std::uint64_t>(wait_ms), 0);
}

void Loop::watch_listener(bool is_wanted) {
  if (!is_wanted) {
    uv_poll_stop(&handles_.listener);
    return;
  }
  uv_poll_start(&handles_.listener, UV_READABLE,
                [](uv_poll_t* it, int, int) { of(it->loop).accept(); });
}

}  // namespace asyncbench::libuv
