#include "poller.hpp"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "core/strategy.hpp"

namespace asyncbench::threads {

namespace {

constexpr std::size_t kEventBatch = 128;
constexpr Time kLastDue = kNever - Duration(1);

}  // namespace

Poller::Poller(const StopSignal& stop, Duration slack, std::function<void(Waiting&)> hand_over)
    : stop_(stop),
      slack_(slack),
      hand_over_(std::move(hand_over)),
      epoll_(granted(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")) {
  // Both are edge-triggered, so that neither has to be read.
  if (!watch(timer_.get(), EPOLLIN | EPOLLET, nullptr) ||
      !watch(stop_.descriptor(), EPOLLIN | EPOLLET, nullptr)) {
    throw StrategyError(std::string("epoll_ctl: ") + std::strerror(errno) +
                        "; raise /proc/sys/fs/epoll/max_user_watches");
  }
  try {
    thread_ = std::thread(&Poller::run, this);
  } catch (const std::system_error& refused) {
    throw StrategyError(std::string("pthread_create for the poller: ") + refused.what() +
                        "; raise ulimit -u, kernel.threads-max or the cgroup's pids.max");
  }
}

Poller::~Poller() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    timer_.arm(now());
  }
  thread_.join();
}

// The lock is held throughout: as soon as the descriptor is watched, the task may be handed over.
bool Poller::wait(Waiting& waiting, int readable, Time until) {
  const std::lock_guard lock(mutex_);
  if (stop_.is_set()) return false;
  waiting.readable = readable;
  // Without a descriptor, its place among the timers is all that a stop finds it by.
  if (readable < 0) until = std::min(until, kLastDue);
  timers_.set(waiting, until);
  if (readable >= 0 && !watch(readable, EPOLLIN | EPOLLONESHOT, &waiting)) {
    timers_.remove(waiting);
    return false;
  }
  arm();
  return true;
}

void Poller::run() {
  std::array<epoll_event, kEventBatch> events;
  std::vector<Waiting*> over;
  for (;;) {
    const int count = ::epoll_wait(epoll_.get(), events.data(), kEventBatch, -1);
    {
      const std::lock_guard lock(mutex_);
      if (closing_) return;
      for (int i = 0; i < count; ++i) {
        auto* const waiting = static_cast<Waiting*>(events[static_cast<std::size_t>(i)].data.ptr);
        if (waiting == nullptr) continue;
        timers_.remove(*waiting);
        over.push_back(waiting);
      }
      const Time at = now();
      if (timer_.due() <= at) timer_.has_fired();
      // A stop ends every wait.
      const Time due = stop_.is_set() ? kLastDue : at;
      while (Waiting* const waiting = timers_.pop_due(due)) {
        // The task may be gone when the peer sends something. The descriptor is taken out, because
        // one that is watched for nothing still reports its hang-up (epoll_ctl(2)).
        if (waiting->readable >= 0) {
          ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, waiting->readable, nullptr);
        }
        over.push_back(waiting);
      }
      arm();
    }
    for (Waiting* const waiting : over) hand_over_(*waiting);
    over.clear();
  }
}

void Poller::arm() {
  if (const Time due = put_off(timers_.next(), slack_); due < timer_.due()) timer_.arm(due);
}

// A descriptor stays in epoll, disarmed, when its wait has ended, so that few waits have to add it.
bool Poller::watch(int fd, std::uint32_t events, void* what) {
  epoll_event event{.events = events, .data = {.ptr = what}};
  return ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event) == 0 ||
         (errno == ENOENT && ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0);
}

}  // namespace asyncbench::threads
