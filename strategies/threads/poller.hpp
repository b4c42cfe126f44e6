// One thread that waits for many tasks at once: for their peers and for their time.
#pragma once

#include <functional>
#include <mutex>
#include <thread>

#include "core/fd.hpp"
#include "core/loop_descriptors.hpp"
#include "core/timer_queue.hpp"
#include "stop_signal.hpp"

namespace asyncbench::threads {

// What a poller keeps of a task that waits with it.
struct Waiting : Timer {
  int readable = -1;
};

// The asynchronous half of "half-sync/half-async" (Schmidt and Cranor, 1995). Thread-safe.
class Poller {
 public:
  // `slack`: how late `until` may be seen. `hand_over` is called in the poller's thread. Throws
  // StrategyError.
  Poller(const StopSignal& stop, Duration slack, std::function<void(Waiting&)> hand_over);
  // Nobody may wait any more.
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  // Hands `waiting` over when `readable` (-1: none) is readable or hung up, at `until`, or at the
  // stop, whichever comes first. With a descriptor and without an `until` (kNever), a stop is seen
  // only once the descriptor is shut down.
  // False: the kernel refuses to watch another descriptor, or the stop has come.
  bool wait(Waiting& waiting, int readable, Time until);

 private:
  void run();
  void arm();
  bool watch(int fd, std::uint32_t events, void* what);

  const StopSignal& stop_;
  const Duration slack_;
  std::function<void(Waiting&)> hand_over_;
  Fd epoll_;
  std::mutex mutex_;  // guards what follows
  TimerQueue<Waiting> timers_;
  TimerFd timer_;
  bool closing_ = false;
  std::thread thread_;
};

}  // namespace asyncbench::threads
