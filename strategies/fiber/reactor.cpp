#include "reactor.hpp"

#include <algorithm>
#include <utility>

#include "core/assert.hpp"

namespace asyncbench::fiber {

namespace {

bool is_interruptible(Awaits what) { return what != Awaits::file && what != Awaits::children; }

std::uint64_t tag_of(SocketWaiter& waiter) { return reinterpret_cast<std::uint64_t>(&waiter); }

}  // namespace

// Suspending is the library's low-level call for frameworks (context::suspend()): no condition
// variable, and no lock, is between a fiber and its news.
Woken Reactor::wait(Waiter& waiter, Awaits what, Time until) {
  if (is_stopping_ && is_interruptible(what)) return Woken::by_stop;
  waiter.awaits = what;
  waiter.has_waited = true;
  timers_.set(waiter, until);
  waiter.fiber->suspend();
  return waiter.woken_by;
}

void Reactor::wake(Waiter& waiter, Woken why) {
  must_hold(waiter.awaits != Awaits::nothing, "a fiber that is woken waits");
  waiter.awaits = Awaits::nothing;
  waiter.woken_by = why;
  timers_.clear(waiter);
  boost::fibers::context::active()->schedule(waiter.fiber);
}

// Fibers are only made ready here, and none runs before all events are noted: a task may close its
// socket and open another, which must not be taken for the one that the event was about.
void Reactor::turn(Time until) {
  const auto events = epoll_.wait(std::min(until, put_off(timers_.next(), slack_)));
  report_.woke();
  for (const epoll_event& event : events) note(event);
  if (epoll_.is_time()) fire_timers();
  if (std::exchange(is_woken_, false)) woken_();
}

void Reactor::note(const epoll_event& event) {
  switch (static_cast<EpollWaiter::Source>(event.data.u64)) {
    case EpollWaiter::Source::timer:
      epoll_.timer_fired();
      return;
    case EpollWaiter::Source::wake:
      is_woken_ = true;
      return;
    case EpollWaiter::Source::listener:
      if (at_listener_->awaits == Awaits::bytes) wake(*at_listener_, Woken::by_news);
      return;
    case EpollWaiter::Source::inbox:  // not watched
      return;
  }
  SocketWaiter& waiter = *static_cast<SocketWaiter*>(event.data.ptr);
  const std::uint32_t is = event.events;
  if ((is & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) waiter.has_hung_up = true;
  if (waiter.has_hung_up || (is & EPOLLIN) != 0) waiter.may_receive = true;
  const bool has_room = (is & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0;
  if ((waiter.awaits == Awaits::bytes && waiter.may_receive) ||
      (waiter.awaits == Awaits::room && has_room)) {
    wake(waiter, Woken::by_news);
  }
}

void Reactor::fire_timers() {
  last_known_time_ = now();
  while (Waiter* const waiter = timers_.pop_due(last_known_time_)) wake(*waiter, Woken::by_time);
}

// A socket is watched as long as it is open, usually by this one epoll_ctl(2).
int Reactor::watch(SocketWaiter& waiter, int socket, bool for_room) {
  return epoll_.control(EPOLL_CTL_ADD, socket, kStreamEdges | (for_room ? EPOLLOUT : 0U),
                        tag_of(waiter));
}

void Reactor::watch_for_room(SocketWaiter& waiter, int socket, bool for_room) {
  epoll_.control(EPOLL_CTL_MOD, socket, kStreamEdges | (for_room ? EPOLLOUT : 0U), tag_of(waiter));
}

// Exclusive, because the lanes of a job may share a Unix socket, and not all of them need to wake
// for each connection.
int Reactor::watch_listener(Waiter& waiter, int listener) {
  at_listener_ = &waiter;
  return epoll_.control(EPOLL_CTL_ADD, listener, EPOLLIN | EPOLLET | EPOLLEXCLUSIVE,
                        static_cast<std::uint64_t>(EpollWaiter::Source::listener));
}

}  // namespace asyncbench::fiber
