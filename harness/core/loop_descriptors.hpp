// What loops wait for beside sockets: the time, and other threads.
#pragma once

#include <sys/eventfd.h>
#include <sys/timerfd.h>

#include <algorithm>
#include <cstdint>

#include "core/fd.hpp"
#include "core/time.hpp"

namespace asyncbench {

// `fd`, which the system call `by` has just returned. Throws StrategyError when it is none.
Fd granted(int fd, const char* by);

// A timer that is a descriptor: readable from its time on, until it is read or armed again.
class TimerFd {
 public:
  // Throws StrategyError.
  TimerFd()
      : fd_(granted(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK),
                    "timerfd_create")) {}

  int get() const { return fd_.get(); }

  // When it fires; kNever after has_fired(), and before the first arm().
  Time due() const { return due_; }

  void arm(Time due) {
    const std::int64_t ns = std::max(to_ns(due), std::int64_t{1});  // 0 would disarm it
    const itimerspec at{.it_interval = {},
                        .it_value = {.tv_sec = ns / 1'000'000'000, .tv_nsec = ns % 1'000'000'000}};
    timerfd_settime(fd_.get(), TFD_TIMER_ABSTIME, &at, nullptr);
    due_ = due;
  }

  void has_fired() { due_ = kNever; }

 private:
  Fd fd_;
  Time due_ = kNever;
};

// Readable once another thread has called wake(), until it is read.
class WakeFd {
 public:
  // Throws StrategyError.
  WakeFd() : fd_(granted(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")) {}

  int get() const { return fd_.get(); }

  // From any thread. Fails only when the counter is full: then the loop has been woken already.
  void wake() const { eventfd_write(fd_.get(), 1); }

 private:
  Fd fd_;
};

}  // namespace asyncbench
