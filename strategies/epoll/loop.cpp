#include "loop.hpp"

#include <cstring>
#include <string>
#include <utility>

#include "core/strategy.hpp"

namespace asyncbench::reactor {

namespace {

std::uint64_t tag_of(Stream& stream) { return reinterpret_cast<std::uint64_t>(&stream); }

}  // namespace

Loop::Loop(Job& job, unsigned lane, FilePolicy files_in_loop, Handout* handout)
    : SocketDriver(job, lane, files_in_loop), handout_(handout), epoll_(wake_fd()) {
  report().granted = {"epoll", "timerfd"};
  if (handout_ != nullptr) epoll_.watch_own(handout_->inbox(lane).get(), Source::inbox);
}

// All events are noted before any task goes on: a task may close its socket and open another, which
// must not be taken for the one that the event was about.
void Loop::turn() {
  const auto events = epoll_.wait(has_ready() ? Time::min() : next_due());
  report().woke();
  for (const epoll_event& event : events) note(event);
  for (Stream* const stream : have_news_) has_news(*stream);
  have_news_.clear();
  run_ready();
  if (epoll_.is_time()) fire_timers();
  if (std::exchange(has_arrivals_, false)) {
    if (handout_ == nullptr) {
      accept();
    } else {
      hand_out();
    }
  }
  if (std::exchange(has_handed_, false)) take_handed();
  if (std::exchange(is_woken_, false)) woken();
}

void Loop::note(const epoll_event& event) {
  switch (static_cast<Source>(event.data.u64)) {
    case Source::timer:
      epoll_.timer_fired();
      return;
    case Source::wake:
      is_woken_ = true;
      return;
    case Source::listener:
      has_arrivals_ = true;
      return;
    case Source::inbox:
      has_handed_ = true;
      return;
  }
  Stream& stream = *static_cast<Stream*>(event.data.ptr);
  const std::uint32_t is = event.events;
  if ((is & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) stream.has_hung_up = true;
  if (stream.has_hung_up || (is & EPOLLIN) != 0) stream.may_receive = true;
  const bool has_room = (is & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0;
  if ((stream.waits == Waits::receive && stream.may_receive) ||
      (stream.waits == Waits::send && has_room) || (stream.waits == Waits::connect && has_room)) {
    have_news_.push_back(&stream);
  }
}

// Level-triggered, because accepting stops after a batch, too. Exclusive, because the loops of a
// job may share a Unix socket, and not all of them need to wake for each connection.
void Loop::watch_listener(bool is_wanted) {
  if (handout_ != nullptr && lane() != 0) return;
  if (!is_wanted) {
    epoll_.control(EPOLL_CTL_DEL, listener(), 0, 0);  // fails only when it is not watched
    return;
  }
  const int error = epoll_.control(EPOLL_CTL_ADD, listener(), EPOLLIN | EPOLLEXCLUSIVE,
                                   static_cast<std::uint64_t>(Source::listener));
  if (error != 0) throw StrategyError(std::string("epoll_ctl: ") + strerrorname_np(error));
}

// Gives each connection to the loop whose turn it is.
void Loop::hand_out() {
  accept([this](Fd connection) {
    const unsigned to = handout_->next();
    if (to == lane()) {
      begin_accepted(std::move(connection));
    } else {
      handout_->inbox(to).put(std::move(connection));
    }
  });
}

void Loop::take_handed() {
  for (Fd& connection : handout_->inbox(lane()).take_all()) {
    if (!is_stopping()) begin_accepted(std::move(connection));
  }
}

// Usually the only epoll_ctl(2) in a connection's life: closing the socket ends the watch. Only a
// connect, and later a send that finds the socket full, registers for EPOLLOUT: a new socket has
// room, and would wake the loop to say so.
int Loop::watch(Stream& stream, bool connects) {
  stream.is_watched_for_room = connects;
  return epoll_.control(EPOLL_CTL_ADD, stream.socket.get(),
                        kStreamEdges | (connects ? EPOLLOUT : 0U), tag_of(stream));
}

void Loop::watch_for_room(Stream& stream, bool for_room) {
  if (stream.is_watched_for_room == for_room) return;
  stream.is_watched_for_room = for_room;
  epoll_.control(EPOLL_CTL_MOD, stream.socket.get(), kStreamEdges | (for_room ? EPOLLOUT : 0U),
                 tag_of(stream));
}

int Loop::await(Stream& stream, Waits what) {
  if (what == Waits::send) watch_for_room(stream, true);
  return 0;
}

// A TCP socket reports room only after it has been found full, so its watch may go on
// (sk_stream_write_space() in net/core/stream.c). A Unix socket reports it whenever its peer has
// read something, which would wake the loop twice a request (unix_write_space() in
// net/unix/af_unix.c).
void Loop::has_sent(Stream& stream) {
  if (stream.is_unix) watch_for_room(stream, false);
}

// Without an error or a hang-up the connection stands, and the kernel need not be asked.
int Loop::result_of_connect(Stream& stream) {
  return stream.has_hung_up ? end_connect(stream.socket.get()) : 0;
}

}  // namespace asyncbench::reactor
