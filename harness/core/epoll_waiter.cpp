#include "core/epoll_waiter.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string>

namespace asyncbench {

using namespace std::chrono_literals;

namespace {

// A timer this near is left to the wait itself, one system call less than arming first. One further
// away is armed, and stands in the kernel however often the loop waits in the meantime.
constexpr Duration kNear = 1ms;

}  // namespace

// Timer and wake-ups are edge-triggered, so nothing is ever read from them: each expiry and each
// write is an edge of its own.
EpollWaiter::EpollWaiter(int wake_fd)
    : epoll_(granted(epoll_create1(EPOLL_CLOEXEC), "epoll_create1")) {
  watch_own(timer_.get(), Source::timer);
  watch_own(wake_fd, Source::wake);
}

void EpollWaiter::watch_own(int fd, Source source) const {
  const int error =
      control(EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLET, static_cast<std::uint64_t>(source));
  if (error == 0) return;
  throw StrategyError(std::string("epoll_ctl: ") + strerrorname_np(error) +
                      "; raise fs.epoll.max_user_watches");
}

int EpollWaiter::control(int operation, int fd, std::uint32_t events, std::uint64_t data) const {
  epoll_event event{.events = events, .data = {.u64 = data}};
  return epoll_ctl(epoll_.get(), operation, fd, &event) == 0 ? 0 : errno;
}

// In steady state deadlines only move away (see TimerQueue), and the armed timer comes before them
// all: then neither the clock nor the timer is touched.
std::span<const epoll_event> EpollWaiter::wait(Time until) {
  timespec limit{};
  is_time_ = false;
  if (until < timer_.due()) {
    const Duration left = time_left(until);
    is_time_ = left <= kNear;
    if (is_time_) {
      limit.tv_nsec = left.count();
    } else {
      timer_.arm(until);
    }
  }
  const int count = epoll_pwait2(epoll_.get(), events_.data(), static_cast<int>(events_.size()),
                                 is_time_ ? &limit : nullptr, nullptr);
  // A signal brings no events.
  return std::span(events_).first(static_cast<std::size_t>(std::max(count, 0)));
}

Support epoll_support() {
  // A system call that is there finds fault with the descriptor first.
  epoll_event event{};
  if (epoll_pwait2(-1, &event, 1, nullptr, nullptr) < 0 && errno != EBADF) {
    return Support::no(std::string("epoll_pwait2: ") + strerrorname_np(errno) +
                       ": needs Linux 5.11 or newer, and a seccomp profile that knows the call");
  }
  return Support::yes();
}

}  // namespace asyncbench
