#include "stream.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "core/job.hpp"
#include "core/socket_ops.hpp"

namespace asyncbench::fiber {

namespace {

// How an operation ends whose wait was ended by something else than news.
Completion given_up(Woken why) {
  return failed(why == Woken::by_stop ? std::errc::operation_canceled : std::errc::timed_out);
}

}  // namespace

// A socket is watched once it connects and not before: for epoll, one that does not counts as hung
// up (tcp_poll() in net/ipv4/tcp.c). Only a connect, and later a send that finds the socket full,
// registers for EPOLLOUT: a new socket has room, and would wake the lane to say so.
int Stream::open(Fd socket, bool is_unix, bool connects) {
  socket_ = std::move(socket);
  is_unix_ = is_unix;
  may_receive = false;
  has_hung_up = false;
  is_watched_for_room_ = connects;
  return lane_.reactor.watch(*this, socket_.get(), connects);
}

int Stream::adopt(Fd socket, bool is_unix) {
  const int error = open(std::move(socket), is_unix, false);
  if (error != 0) close(false);
  return error;
}

Completion Stream::connect(const Endpoint& to, Time deadline) {
  for (;;) {
    Fd socket = stream_socket(to, SOCK_NONBLOCK);
    if (!socket) return failed(errno);
    int error = begin_connect(socket.get(), to);
    if (error == EAGAIN && to.is_unix()) {
      const Time again = std::min(deadline, now() + kBacklogPause);
      if (lane_.reactor.wait(*this, Awaits::time, again) == Woken::by_stop) {
        return given_up(Woken::by_stop);
      }
      if (lane_.reactor.has_passed(deadline)) return given_up(Woken::by_time);
      continue;
    }
    if (error != 0 && error != EINPROGRESS) return failed(error);
    Woken woken = Woken::by_news;
    if (const int refused = open(std::move(socket), to.is_unix(), error != 0)) {
      error = refused;
    } else if (error == EINPROGRESS) {
      woken = lane_.reactor.wait(*this, Awaits::room, deadline);
      // Without an error or a hang-up the connection stands, and the kernel need not be asked.
      error = has_hung_up ? end_connect(socket_.get()) : 0;
    }
    if (woken == Woken::by_news && error == 0) return {};
    close(false);
    return woken == Woken::by_news ? failed(error) : given_up(woken);
  }
}

// What is there is taken, even if the news of it is still to come.
Completion Stream::receive(Time deadline) {
  bool is_late = lane_.reactor.has_passed(deadline);
  for (;;) {
    if (may_receive || is_late) {
      if (const auto received = receive_now()) return *received;
    }
    if (is_late) return given_up(Woken::by_time);
    const Woken woken = lane_.reactor.wait(*this, Awaits::bytes, deadline);
    if (woken == Woken::by_stop) return given_up(woken);
    is_late = woken == Woken::by_time;
  }
}

std::optional<Completion> Stream::receive_now() {
  const auto received = lane_.buffers.receive(socket_.get(), lent_);
  if (!received) {
    ++lane_.receives_in_vain;
    may_receive = false;
  } else {
    if (received->data.empty()) has_hung_up = true;
    may_receive = received->data.size() == kReceiveBytes || has_hung_up;
  }
  return received;
}

// Less than the whole means that the socket is full, so that the next room is news.
Completion Stream::send(std::span<const std::byte> bytes, Time deadline) {
  for (bool has_waited_for_room = false;; has_waited_for_room = true) {
    const ssize_t sent =
        ::send(socket_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) return failed(errno);
    if (sent > 0) bytes = bytes.subspan(static_cast<std::size_t>(sent));
    if (bytes.empty()) {
      // A TCP socket reports room only after it has been found full, so its watch may go on
      // (sk_stream_write_space() in net/core/stream.c). A Unix socket reports it whenever its peer
      // has read something, which would wake the lane twice a request (unix_write_space() in
      // net/unix/af_unix.c).
      if (is_unix_ && has_waited_for_room) {
        is_watched_for_room_ = false;
        lane_.reactor.watch_for_room(*this, socket_.get(), false);
      }
      return {};
    }
    if (!has_waited_for_room) ++lane_.short_sends;
    if (!std::exchange(is_watched_for_room_, true)) {
      lane_.reactor.watch_for_room(*this, socket_.get(), true);
    }
    const Woken woken = lane_.reactor.wait(*this, Awaits::room, deadline);
    if (woken != Woken::by_news) return given_up(woken);
  }
}

void Stream::close(bool reset) {
  if (!socket_) return;
  if (reset) reset_on_close(socket_.get());
  socket_.reset();
  may_receive = true;
}

}  // namespace asyncbench::fiber
