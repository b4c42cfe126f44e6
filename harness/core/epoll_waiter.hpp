// Waiting in epoll(7) for descriptors and the time, for loops that call it themselves.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/fd.hpp"
#include "core/loop_descriptors.hpp"
#include "core/strategy.hpp"
#include "core/time.hpp"

namespace asyncbench {

// EPOLLRDHUP tells the end of the stream apart from bytes: see SocketTask::has_hung_up. A byte that
// comes to an empty socket makes an edge (epoll(7)).
inline constexpr std::uint32_t kStreamEdges = EPOLLIN | EPOLLRDHUP | EPOLLET;

class EpollWaiter {
 public:
  static constexpr std::size_t kEventsPerWait = 512;

  // What epoll_event::data says of a descriptor that is no stream's; a stream's address otherwise.
  enum class Source : std::uint64_t { timer = 1, wake, listener, inbox };

  // `wake_fd` is watched as Source::wake. Throws StrategyError when the system grants no
  // descriptors.
  explicit EpollWaiter(int wake_fd);

  // Watches a descriptor that other threads write to, and of which nothing is ever read. Throws
  // StrategyError.
  void watch_own(int fd, Source source) const;

  // epoll_ctl(2): 0, or the errno.
  int control(int operation, int fd, std::uint32_t events, std::uint64_t data) const;

  // Waits for events, until `until` at the latest; Time::min(): takes those that are there. Valid
  // until the next wait. timer_fired() is due for one from Source::timer.
  std::span<const epoll_event> wait(Time until);

  void timer_fired() {
    timer_.has_fired();
    is_time_ = true;
  }

  // Whether timers may be due. If not, the clock need not be read.
  bool is_time() const { return is_time_; }

 private:
  Fd epoll_;
  TimerFd timer_;
  std::array<epoll_event, kEventsPerWait> events_;
  bool is_time_ = false;
};

// Whether this host has the calls that EpollWaiter needs.
Support epoll_support();

}  // namespace asyncbench
