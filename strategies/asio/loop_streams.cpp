// Streams: connecting, receiving, sending, closing.
#include <netinet/in.h>
#include <sys/socket.h>

#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <utility>

#include "core/socket_ops.hpp"
#include "loop.hpp"

namespace asyncbench::asio_loop {

namespace {

Protocol protocol_of(const Endpoint& to) { return {to.family(), to.is_unix() ? 0 : IPPROTO_TCP}; }

}  // namespace

Stream::Stream(Loop& its_loop, Task& its_task)
    : DrivenTask(its_task), loop(its_loop), socket(its_loop.context().get_executor()) {}

Protocol::endpoint Stream::peer() const {
  const Endpoint& to = *std::get_if<op::Connect>(&wanted)->to;
  return {to.address(), to.size(), to.is_unix() ? 0 : IPPROTO_TCP};
}

net::mutable_buffer Stream::buffer() const { return {lent.get(), kReceiveBytes}; }

net::const_buffer Stream::rest() const {
  const auto& bytes = std::get_if<op::Send>(&wanted)->bytes;
  return {bytes.data(), bytes.size()};
}

Loop::Attempt Loop::connect(Stream& stream, const op::Connect& wanted) {
  error_code error;
  stream.socket.open(protocol_of(*wanted.to), error);
  if (error) return failed(error.value());
  if (wanted.to->is_unix()) return connect_unix(stream, wanted);
  stream.socket.set_option(net::ip::tcp::no_delay(true), error);
  stream.wanted = wanted;
  park(stream, Waits::connect, wanted.deadline);
  stream.begin_wait();
  return std::nullopt;
}

// A Unix socket is connected at once, unless the listener's queue is full. Asio would then take the
// socket for connected.
Loop::Attempt Loop::connect_unix(Stream& stream, const op::Connect& wanted) {
  const int fd = stream.socket.native_handle();
  set_blocking(fd, false);
  const int error = begin_connect(fd, *wanted.to);
  set_blocking(fd, true);
  if (error == 0) return Completion{};
  close(stream, false);
  if (error != EAGAIN) return failed(error);
  await_backlog(stream, wanted);
  return std::nullopt;
}

Completion Loop::connected(Stream& stream, const error_code& error) {
  if (error) close(stream, false);
  return settle(stream, error, {});
}

Loop::Attempt Loop::receive(Stream& stream, const op::Receive& wanted) {
  if (has_passed(wanted.deadline)) {
    const Attempt received = buffers_.receive(stream.socket.native_handle(), stream.lent);
    return received ? received : failed(std::errc::timed_out);
  }
  stream.lent = buffers_.take();
  park(stream, Waits::receive, wanted.deadline);
  stream.begin_wait();
  return std::nullopt;
}

Completion Loop::received(Stream& stream, const error_code& error, std::size_t size) {
  if (error == net::error::eof) return settle(stream, {}, {});
  return settle(stream, error, {.data = {stream.lent.get(), size}});
}

// Over epoll, the bytes are offered to the kernel at once, since a reply nearly always fits into
// the socket's buffer: async_send would deliver the good news through the loop's queue, behind a
// look for events. Over io_uring, the bytes go with the loop's next submission. A system call in
// between would make the kernel do what the ring has waiting (Asio's ring has no flags that put it
// off): the receive of a stream whose packet has just come, and whose lock is still held by the
// packet's delivery.
Loop::Attempt Loop::send(Stream& stream, op::Send wanted) {
  if (wanted.bytes.empty()) return Completion{};
#if !defined(BOOST_ASIO_HAS_IO_URING)
  const ssize_t size = ::send(stream.socket.native_handle(), wanted.bytes.data(),
                              wanted.bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (size < 0 && errno != EAGAIN) return failed(errno);
  if (size > 0) wanted.bytes = wanted.bytes.subspan(static_cast<std::size_t>(size));
  if (wanted.bytes.empty()) return Completion{};
#endif
  stream.wanted = wanted;
  park(stream, Waits::send, wanted.deadline);
  stream.begin_wait();
  return std::nullopt;
}

Loop::Attempt Loop::sent(Stream& stream, const error_code& error, std::size_t size) {
  std::span<const std::byte>& rest = std::get_if<op::Send>(&stream.wanted)->bytes;
  rest = rest.subspan(size);
  if (error || rest.empty()) return settle(stream, error, {});
  if (!stream.is_given_up) return std::nullopt;
  // It was cancelled while this news was on its way.
  return settle(stream, net::error::operation_aborted, {});
}

// The news of the cancellation ends the operation: until then the kernel may still take bytes from
// the task's buffer, and an operation that has ended by now ended in time. A file operation goes
// on.
Loop::Attempt Loop::give_up(Stream& stream, std::errc) {
  if (stream.waits == Waits::file) return std::nullopt;
  stream.is_given_up = true;
  error_code ignored;
  stream.socket.cancel(ignored);
  return std::nullopt;
}

// An operation of a socket has ended. An error that Asio reports is an errno in Boost's system
// category. Only give_up() makes an operation end as aborted.
Completion Loop::settle(Stream& stream, const error_code& error, const Completion& ended) {
  end_wait(stream);
  stream.is_given_up = false;
  if (!error) return ended;
  if (error != net::error::operation_aborted) return failed(error.value());
  return failed(is_stopping() ? std::errc::operation_canceled : std::errc::timed_out);
}

#if defined(BOOST_ASIO_HAS_FILE)
Completion Loop::transferred(Stream& stream, const error_code& error, std::size_t size) {
  end_wait(stream);
  if (is_stopping()) return failed(std::errc::operation_canceled);
  if (error && error != net::error::eof) return failed(error.value());
  return {.size = size};
}
#endif

void Loop::close(Stream& stream, bool reset) {
  if (reset) reset_on_close(stream.socket.native_handle());
  error_code ignored;
  stream.socket.close(ignored);
}

}  // namespace asyncbench::asio_loop
