// What one loop waits with: epoll, a timer in the kernel, and a wake-up for other threads.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/fd.hpp"
#include "core/loop_descriptors.hpp"
#include "core/time.hpp"

namespace asyncbench::reactor {

inline constexpr std::size_t kEventsPerWait = 512;

// What epoll_event::data says of descriptors that are no stream's; for a stream it is the address.
enum class Source : std::uint64_t { timer = 1, wake, listener };

class Poller {
 public:
  // Throws StrategyError when the system grants no descriptors.
  Poller();

  // Reports `events` of `fd` with `data` from now on, and what is ready already. 0, or the errno.
  int add(int fd, std::uint32_t events, std::uint64_t data);
  int modify(int fd, std::uint32_t events, std::uint64_t data);
  void remove(int fd);

  // Waits for news, for as long as `until` has not come. Valid until the next wait.
  std::span<const epoll_event> wait(Time until);

  // Source::timer was among the news.
  void timer_fired();

  // Whether the last wait may have ended because of the time. If not, the clock need not be read.
  bool is_time() const { return is_time_; }

  // Ends the wait under way, or the next one, with Source::wake; from any thread.
  void wake() const { wake_.wake(); }

 private:
  Fd epoll_;
  TimerFd timer_;
  WakeFd wake_;
  bool is_time_ = false;
  std::array<epoll_event, kEventsPerWait> events_;
};

}  // namespace asyncbench::reactor
