#include "loop.hpp"

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

// EPOLLRDHUP tells the end of the stream apart from bytes: see SocketTask::has_hung_up. A byte that
// comes to an empty socket makes an edge (epoll(7)).
constexpr std::uint32_t kEdges = EPOLLIN | EPOLLRDHUP | EPOLLET;

std::uint64_t tag_of(Stream& stream) { return reinterpret_cast<std::uint64_t>(&stream); }

}  // namespace

// Timer and wake-ups are edge-triggered, so nothing is ever read from them: each expiry and each
// write is an edge of its own.
Loop::Loop(Job& job, unsigned lane, FilePolicy files_in_loop, Handout* handout)
    : SocketDriver(job, lane, files_in_loop),
      handout_(handout),
      epoll_(granted(epoll_create1(EPOLL_CLOEXEC), "epoll_create1")) {
  report().granted = {"epoll", "timerfd"};
  watch_own(timer_.get(), Source::timer);
  watch_own(wake_fd(), Source::wake);
  if (handout_ != nullptr) watch_own(handout_->inbox(lane).get(), Source::inbox);
}

void Loop::watch_own(int fd, Source source) {
  const int error =
      control(EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLET, static_cast<std::uint64_t>(source));
  if (error == 0) return;
  throw StrategyError(std::string("epoll_ctl: ") + strerrorname_np(error) +
                      "; raise fs.epoll.max_user_watches");
}

int Loop::control(int operation, int fd, std::uint32_t events, std::uint64_t data) {
  epoll_event event{.events = events, .data = {.u64 = data}};
  return epoll_ctl(epoll_.get(), operation, fd, &event) == 0 ? 0 : errno;
}

// All events are noted before any task goes on: a task may close its socket and open another, which
// must not be taken for the one that the event was about.
void Loop::turn() {
  const int count = wait();
  report().woke();
  for (int i = 0; i < count; ++i) note(events_[static_cast<std::size_t>(i)]);
  for (Stream* const stream : have_news_) has_news(*stream);
  have_news_.clear();
  run_ready();
  if (is_time_) fire_timers();
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

// In steady state deadlines only move away (see TimerQueue), and the armed timer comes before them
// all: then neither the clock nor the timer is touched.
int Loop::wait() {
  const Time until = has_ready() ? Time::min() : next_due();
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
  return std::max(count, 0);  // a signal brings no events
}

void Loop::note(const epoll_event& event) {
  switch (static_cast<Source>(event.data.u64)) {
    case Source::timer:
      timer_.has_fired();
      is_time_ = true;
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
    control(EPOLL_CTL_DEL, listener(), 0, 0);  // fails only when it is not watched
    return;
  }
  const int error = control(EPOLL_CTL_ADD, listener(), EPOLLIN | EPOLLEXCLUSIVE,
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
  return control(EPOLL_CTL_ADD, stream.socket.get(), kEdges | (connects ? EPOLLOUT : 0U),
                 tag_of(stream));
}

void Loop::watch_for_room(Stream& stream, bool for_room) {
  if (stream.is_watched_for_room == for_room) return;
  stream.is_watched_for_room = for_room;
  control(EPOLL_CTL_MOD, stream.socket.get(), kEdges | (for_room ? EPOLLOUT : 0U), tag_of(stream));
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
