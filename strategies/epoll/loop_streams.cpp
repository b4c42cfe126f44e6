// Streams: connecting, receiving, sending, closing.
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "core/socket_ops.hpp"
#include "loop.hpp"

namespace asyncbench::reactor {

namespace {

// EPOLLRDHUP tells the end of the stream apart from bytes: see Stream::has_hung_up.
constexpr std::uint32_t kEdges = EPOLLIN | EPOLLRDHUP | EPOLLET;

std::uint64_t tag_of(Stream& stream) { return reinterpret_cast<std::uint64_t>(&stream); }

}  // namespace

// The one epoll_ctl(2) in a connection's life, as a rule: closing ends it. News of room are asked
// for by a connect, which ends with them, and otherwise only when a send has found the socket full:
// a new socket has room, and would wake the loop to say so.
int Loop::watch(Stream& stream, bool for_room) {
  stream.may_receive = false;
  stream.has_hung_up = false;
  stream.is_watched_for_room = for_room;
  return poller_.add(stream.socket.get(), kEdges | (for_room ? EPOLLOUT : 0U), tag_of(stream));
}

void Loop::watch_for_room(Stream& stream, bool for_room) {
  if (stream.is_watched_for_room == for_room) return;
  stream.is_watched_for_room = for_room;
  poller_.modify(stream.socket.get(), kEdges | (for_room ? EPOLLOUT : 0U), tag_of(stream));
}

// A TCP socket tells of room only after it has been found full, so that it may as well go on
// (sk_stream_write_space() in net/core/stream.c). A Unix socket does whenever its peer has read
// something, which would wake the loop twice a request (unix_write_space() in net/unix/af_unix.c).
void Loop::has_sent(Stream& stream) {
  if (stream.is_unix) watch_for_room(stream, false);
}

// The socket is watched once it connects and not before: one that does not counts as hung up
// (tcp_poll() in net/ipv4/tcp.c).
Loop::Attempt Loop::connect(Stream& stream, const op::Connect& wanted) {
  stream.socket = stream_socket(*wanted.to, SOCK_NONBLOCK);
  if (!stream.socket) return failed(errno);
  stream.is_unix = wanted.to->is_unix();
  int error = begin_connect(stream.socket.get(), *wanted.to);
  if (error == EAGAIN && stream.is_unix) {
    stream.socket.reset();
    await_backlog(stream, wanted);
    return std::nullopt;
  }
  if (error == 0 || error == EINPROGRESS) {
    if (const int refused = watch(stream, error == EINPROGRESS)) error = refused;
  }
  if (error != EINPROGRESS) return connected(stream, error);
  park(stream, Waits::connect, wanted.deadline);
  return std::nullopt;
}

Completion Loop::connected(Stream& stream, int error) {
  if (error == 0) return {};
  close(stream, false);
  return failed(error);
}

bool Loop::adopt(Stream& stream, Fd accepted) {
  stream.socket = std::move(accepted);
  stream.is_unix = accepts_unix_;
  return watch(stream, false) == 0;
}

Loop::Attempt Loop::receive(Stream& stream, const op::Receive& wanted) {
  const bool is_late = has_passed(wanted.deadline);
  if (stream.may_receive || is_late) {
    if (Attempt received = receive_now(stream)) return received;
    if (is_late) return failed(std::errc::timed_out);
  }
  park(stream, Waits::receive, wanted.deadline);
  return std::nullopt;
}

Loop::Attempt Loop::receive_now(Stream& stream) {
  const Attempt received = receive_at_once(stream.socket.get(), stream);
  if (!received) {
    ++receives_in_vain_;
    stream.may_receive = false;
  } else if (received->data.empty()) {
    stream.has_hung_up = true;
  } else {
    stream.may_receive = received->data.size() == kReceiveBytes || stream.has_hung_up;
  }
  return received;
}

// Less than the whole means that the socket is full, and the next room makes an edge.
Loop::Attempt Loop::send(Stream& stream, op::Send wanted) {
  if (Attempt sent = send_at_once(stream.socket.get(), wanted)) return sent;
  ++short_sends_;
  stream.wanted = wanted;
  watch_for_room(stream, true);
  park(stream, Waits::send, wanted.deadline);
  return std::nullopt;
}

// The kernel has no hand in bytes that it has not taken.
void Loop::abandon(Stream& stream) {
  if (stream.waits == Waits::connect) close(stream, false);
}

void Loop::close(Stream& stream, bool reset) {
  if (!stream.socket) return;
  if (reset) reset_on_close(stream.socket.get());
  stream.socket.reset();
  stream.may_receive = true;
}

}  // namespace asyncbench::reactor
