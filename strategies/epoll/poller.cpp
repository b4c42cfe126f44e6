#include "poller.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string>
#include <utility>

#include "core/strategy.hpp"

namespace asyncbench::reactor {

using namespace std::chrono_literals;

namespace {

// A timer this near is left to the wait itself, one system call less than arming first. One further
// away is armed, and stands in the kernel however often the loop waits in the meantime.
constexpr Duration kNear = 1ms;

}  // namespace

// Timer and wake-up are edge-triggered, so nothing is ever read from them: each expiry and each
// write is an edge of its own.
Poller::Poller() : epoll_(granted(epoll_create1(EPOLL_CLOEXEC), "epoll_create1")) {
  for (const auto& [fd, source] :
       {std::pair(timer_.get(), Source::timer), std::pair(wake_.get(), Source::wake)}) {
    if (const int error = add(fd, EPOLLIN | EPOLLET, static_cast<std::uint64_t>(source))) {
      throw StrategyError(std::string("epoll_ctl: ") + strerrorname_np(error) +
                          "; raise fs.epoll.max_user_watches");
    }
  }
}

int Poller::add(int fd, std::uint32_t events, std::uint64_t data) {
  epoll_event event{.events = events, .data = {.u64 = data}};
  return epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0 ? 0 : errno;
}

int Poller::modify(int fd, std::uint32_t events, std::uint64_t data) {
  epoll_event event{.events = events, .data = {.u64 = data}};
  return epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event) == 0 ? 0 : errno;
}

// Fails only for a descriptor that is not there.
void Poller::remove(int fd) { epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr); }

// In steady state deadlines only move away (see TimerQueue), and the armed timer comes before them
// all: then neither the clock nor the timer is touched.
std::span<const epoll_event> Poller::wait(Time until) {
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
  // A signal brings no news.
  return {events_.data(), static_cast<std::size_t>(std::max(count, 0))};
}

void Poller::timer_fired() {
  timer_.has_fired();
  is_time_ = true;
}

}  // namespace asyncbench::reactor
