// Streams: connecting, receiving, sending, closing. With recv(2) and send(2) on plain events rather
// than with bufferevents, which would copy every byte into an evbuffer and out again, and allocate
// for it.
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "core/endpoint.hpp"
#include "core/socket_ops.hpp"
#include "loop.hpp"

namespace asyncbench::libevent {

// The stream's one event tells of room or of bytes, never both: a task waits for one thing.
bool Loop::await(Stream& stream, short what) {
  if (stream.event.what() == what) return true;
  stream.event.remove();
  stream.loop = this;
  return stream.event.assign(
      base_.get(), stream.socket.get(), what,
      [](int, short, void* of) {
        Stream& ready = *static_cast<Stream*>(of);
        ready.loop->has_news(ready);
      },
      &stream);
}

void Loop::has_news(Stream& stream) {
  Attempt ended;
  switch (stream.waits) {
    case Waits::connect:
      ended = connected(stream, end_connect(stream.socket.get()));
      break;
    case Waits::receive:
      ended = receive_now(stream);
      break;
    case Waits::send:
      ended = send_at_once(stream.socket.get(), *std::get_if<op::Send>(&stream.wanted));
      break;
    default:
      stream.event.remove();
      break;
  }
  if (ended) complete(stream, *ended);
}

Loop::Attempt Loop::connect(Stream& stream, const op::Connect& wanted) {
  stream.socket = stream_socket(*wanted.to, SOCK_NONBLOCK);
  if (!stream.socket) return failed(errno);
  int error = begin_connect(stream.socket.get(), *wanted.to);
  if (error == EAGAIN && wanted.to->is_unix()) {
    close(stream, false);
    await_backlog(stream, wanted);
    return std::nullopt;
  }
  if (error == EINPROGRESS && !await(stream, EV_WRITE)) error = ENOMEM;
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
  return true;
}

Loop::Attempt Loop::receive(Stream& stream, const op::Receive& wanted) {
  if (!stream.socket) return failed(EBADF);
  const bool is_late = has_passed(wanted.deadline);
  if (stream.may_have_more || is_late) {
    if (Attempt received = receive_now(stream)) return received;
    if (is_late) return failed(std::errc::timed_out);
  }
  if (!await(stream, EV_READ)) return failed(ENOMEM);
  park(stream, Waits::receive, wanted.deadline);
  return std::nullopt;
}

Loop::Attempt Loop::receive_now(Stream& stream) {
  const Attempt received = receive_at_once(stream.socket.get(), stream);
  if (!received) ++receives_in_vain_;
  stream.may_have_more = received && received->data.size() == kReceiveBytes;
  return received;
}

Loop::Attempt Loop::send(Stream& stream, op::Send wanted) {
  if (Attempt sent = send_at_once(stream.socket.get(), wanted)) return sent;
  ++short_sends_;
  if (!await(stream, EV_WRITE)) return failed(ENOMEM);
  stream.wanted = wanted;
  park(stream, Waits::send, wanted.deadline);
  return std::nullopt;
}

// What was tried is with the kernel, and the rest is not tried any more.
void Loop::abandon(Stream& stream) {
  if (stream.waits == Waits::connect) close(stream, false);
}

void Loop::close(Stream& stream, bool reset) {
  if (!stream.socket) return;
  stream.event.remove();
  if (reset) reset_on_close(stream.socket.get());
  stream.socket.reset();
  stream.may_have_more = false;
}

}  // namespace asyncbench::libevent
