// What the fibers of a lane wait with: epoll, a timer queue, and a wake-up from other threads.
#pragma once

#include <boost/fiber/context.hpp>
#include <cstdint>
#include <functional>

#include "core/epoll_waiter.hpp"
#include "core/job.hpp"
#include "core/loop_descriptors.hpp"
#include "core/timer_queue.hpp"

namespace asyncbench::fiber {

// Operations of a fiber that may end at once, one after the other, before others get a turn, and
// the kernel is asked for news.
inline constexpr int kTurnLength = 64;

// What a fiber waits for.
enum class Awaits : std::uint8_t {
  nothing,  // it runs, or it is ready to
  bytes,
  room,  // also what ends a connect
  time,
  file,     // which the stop does not interrupt
  children  // nor these
};

// Why it goes on.
enum class Woken : std::uint8_t { by_news, by_time, by_stop };

// One who waits, for one thing at a time. It leaves the reactor (Reactor::forget()) before it dies.
struct Waiter : Timer {
  boost::fibers::context* fiber = nullptr;  // that runs it
  Awaits awaits = Awaits::nothing;
  Woken woken_by = Woken::by_news;
  bool has_waited = false;  // since somebody has cleared it
};

// One who waits for a socket.
struct SocketWaiter : Waiter {
  // Whether a receive may bring something: news sets it, and a receive that got less than it asked
  // for clears it, for then the socket is empty. Without a socket it stands too, so that a receive
  // says what is wrong instead of waiting.
  bool may_receive = true;
  // The peer will send no more, or there was an error: there may be no news after the last bytes.
  bool has_hung_up = false;
};

class Reactor {
 public:
  // `woken` is called in a turn after wake(). Throws StrategyError when the system grants no
  // descriptors.
  Reactor(const Job& job, LaneReport& report, std::function<void()> woken)
      : slack_(job.slack), report_(report), woken_(std::move(woken)), epoll_(wake_.get()) {}

  // Called by the waiter's fiber: others run until it is woken. kNever: no time ends the wait.
  Woken wait(Waiter& waiter, Awaits what, Time until);

  // The waiter goes on when its fiber has its turn.
  void wake(Waiter& waiter, Woken why);

  // The hard stop: whoever the stop interrupts waits no more, from now on. Those that wait now have
  // still to be woken.
  void stop() { is_stopping_ = true; }
  bool is_stopping() const { return is_stopping_; }

  void forget(Waiter& waiter) { timers_.remove(waiter); }

  // The clock when it was read last: never later than now.
  bool has_passed(Time due) const { return due <= last_known_time_; }

  // 0, or the errno. Closing the socket ends the watch.
  int watch(SocketWaiter& waiter, int socket, bool for_room);
  void watch_for_room(SocketWaiter& waiter, int socket, bool for_room);
  // `waiter` is woken when the listener has arrivals, if it waits for bytes.
  int watch_listener(Waiter& waiter, int listener);

  // Waits until something happens, until `until` at the latest, and wakes whom it concerns.
  void turn(Time until);

  // From any thread.
  void wake() const { wake_.wake(); }

 private:
  void note(const epoll_event& event);
  void fire_timers();

  const Duration slack_;
  LaneReport& report_;
  const std::function<void()> woken_;
  WakeFd wake_;
  EpollWaiter epoll_;
  TimerQueue<Waiter> timers_;
  Time last_known_time_ = now();
  Waiter* at_listener_ = nullptr;
  bool is_woken_ = false;
  bool is_stopping_ = false;
};

}  // namespace asyncbench::fiber
