#include "stream.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <utility>

#include "core/file_ops.hpp"
#include "core/socket_ops.hpp"
#include "files.hpp"

namespace asyncbench::asio_loop {

Protocol::endpoint endpoint_of(const op::Connect& connecting) {
  const Endpoint& to = *connecting.to;
  return {to.address(), to.size(), to.is_unix() ? 0 : IPPROTO_TCP};
}

Stream::Stream(Loop& loop, Task& task, std::unique_ptr<Task> owned, Stream* parent)
    : loop_(loop),
      task_(task),
      owned_(std::move(owned)),
      parent_(parent),
      socket_(loop.context().get_executor()) {
  if (parent_ != nullptr) parent_->children_.push_back(&task);
}

Stream::~Stream() {
  loop_.forget_timer(*this);
  loop_.leave(*this);
}

std::optional<Completion> Stream::attempt(const Op& op) {
  const OpKind kind = kind_of(op);
  if (loop_.stopping() && !outlives_stop(kind)) return failed(std::errc::operation_canceled);
  // A switch, not std::visit, which calls through a table from a dozen alternatives on.
  switch (kind) {
    case OpKind::begin:
      return Completion{};
    case OpKind::connect:
      return connect(std::get<op::Connect>(op));
    case OpKind::receive:
      return receive(std::get<op::Receive>(op));
    case OpKind::send:
      return send(std::get<op::Send>(op));
    case OpKind::close:
      return close(std::get<op::Close>(op));
    case OpKind::sleep:
      return sleep(std::get<op::Sleep>(op));
    case OpKind::open:
    case OpKind::read:
    case OpKind::write:
    case OpKind::sync:
    case OpKind::close_file:
      if (std::optional<Completion> ended = file_op_at_once(op, loop_.files())) return ended;
      pending_ = Pending::file;
      return std::nullopt;
    case OpKind::gather:
      return gather(std::get<op::Gather>(op));
    case OpKind::exchange:
    case OpKind::finish:
    case OpKind::accept:
      break;
  }
  return failed(std::errc::operation_not_supported);
}

std::optional<Completion> Stream::connect(const op::Connect& connecting) {
  error_code error;
  socket_.open(endpoint_of(connecting).protocol(), error);
  if (error) return failed(error.value());
  if (connecting.to->is_unix()) return connect_unix(connecting);
  socket_.set_option(net::ip::tcp::no_delay(true), error);
  wait(Pending::connect, connecting.deadline);
  return std::nullopt;
}

// A Unix socket is connected at once, unless the listener's queue is full. Nobody tells when that
// changes (connect(2), EAGAIN), and Asio would take the socket for connected.
std::optional<Completion> Stream::connect_unix(const op::Connect& connecting) {
  const int fd = socket_.native_handle();
  set_blocking(fd, false);
  const int error = begin_connect(fd, *connecting.to);
  set_blocking(fd, true);
  if (error == 0) return Completion{};
  const Time at = loop_.look_at_clock();
  if (error == EAGAIN && at < connecting.deadline) {
    const Time again = std::min(at + kBacklogPause, connecting.deadline);
    keep(connecting);
    wait(Pending::backlog, again);
    return std::nullopt;
  }
  close_socket();
  return error == EAGAIN ? failed(std::errc::timed_out) : failed(error);
}

Completion Stream::connected(const error_code& error) {
  if (error) close_socket();
  return settle(error, {});
}

std::optional<Completion> Stream::receive(const op::Receive& receiving) {
  if (!buffer_) buffer_ = std::make_unique_for_overwrite<std::byte[]>(kReceiveBytes);
  if (receiving.deadline <= loop_.last_known_time()) {
    const ssize_t size =
        ::recv(socket_.native_handle(), buffer_.get(), kReceiveBytes, MSG_DONTWAIT);
    if (size >= 0) return Completion{.data = {buffer_.get(), static_cast<std::size_t>(size)}};
    return errno == EAGAIN ? failed(std::errc::timed_out) : failed(errno);
  }
  wait(Pending::receive, receiving.deadline);
  return std::nullopt;
}

Completion Stream::received(const error_code& error, std::size_t size) {
  if (error == net::error::eof) return settle({}, {});
  return settle(error, {.data = {buffer_.get(), size}});
}

// Over epoll, the bytes are offered to the kernel at once, for a reply nearly always fits into the
// socket's buffer: async_send would deliver the good news through the loop's queue, behind a look
// for events. Over io_uring, they go with the loop's next submission. A system call in between
// would make the kernel do what the ring has waiting (Asio's has no flags that put it off): the
// receive of a stream whose packet has just come, and whose lock its delivery still holds.
std::optional<Completion> Stream::send(const op::Send& sending) {
  if (sending.bytes.empty()) return Completion{};
  rest_ = sending.bytes;
#if !defined(BOOST_ASIO_HAS_IO_URING)
  const ssize_t size =
      ::send(socket_.native_handle(), rest_.data(), rest_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (size < 0 && errno != EAGAIN) return failed(errno);
  if (size > 0) rest_ = rest_.subspan(static_cast<std::size_t>(size));
  if (rest_.empty()) return Completion{};
#endif
  wait(Pending::send, sending.deadline);
  return std::nullopt;
}

std::optional<Completion> Stream::sent(const error_code& error, std::size_t size) {
  rest_ = rest_.subspan(size);
  if (error || rest_.empty()) return settle(error, {});
  // Cancelled while this news was on its way.
  if (timed_out_ || loop_.stopping()) return settle(net::error::operation_aborted, {});
  return std::nullopt;
}

std::optional<Completion> Stream::close(const op::Close& closing) {
  if (closing.reset) reset_on_close(socket_.native_handle());
  close_socket();
  return Completion{};
}

std::optional<Completion> Stream::sleep(const op::Sleep& sleeping) {
  if (sleeping.until <= loop_.look_at_clock()) return Completion{};
  wait(Pending::sleep, sleeping.until);
  return std::nullopt;
}

std::optional<Completion> Stream::gather(const op::Gather& gathering) {
  pending_ = Pending::children;
  // One more than there are, so that the last one of those that end at once does not end the wait
  // that has not begun.
  running_children_ = gathering.children.size() + 1;
  for (Task* const child : gathering.children) loop_.start_child(*child, *this);
  if (--running_children_ > 0) return std::nullopt;
  return settle({});
}

void Stream::child_finished() {
  if (--running_children_ == 0) end_wait(settle({}));
}

void Stream::close_children() {
  for (Task* const child : children_) child->state.reset();
  children_.clear();
}

void Stream::file_ended(FileWork& work) {
  Stream& stream = static_cast<Work&>(work).stream;
  stream.pending_ = Pending::none;
  stream.end_wait(stream.loop_.stopping() ? cancel_file_op(work.op, work.ended) : work.ended);
}

Completion Stream::transferred(const error_code& error, std::size_t size) {
  if (error && error != net::error::eof) return settle(failed(error.value()));
  return settle({.size = size});
}

void Stream::close_socket() {
  error_code ignored;
  socket_.close(ignored);
}

void Stream::wait(Pending pending, Time deadline) {
  pending_ = pending;
  if (deadline != kNever) loop_.start_timer(*this, deadline);
}

void Stream::expired() {
  if (pending_ == Pending::sleep) {
    end_wait(settle({}));
    return;
  }
  if (pending_ == Pending::backlog) {
    const std::optional<Completion> connected = connect_unix(std::get<op::Connect>(kept()));
    if (connected) end_wait(settle(*connected));
    return;
  }
  // The news of the cancellation ends the operation: until then the kernel may still take bytes
  // from the task's buffer, and an operation that has ended by now ended in time.
  timed_out_ = true;
  error_code ignored;
  socket_.cancel(ignored);
}

void Stream::cancel() {
  switch (pending_) {
    case Pending::sleep:
      end_wait(settle({}));
      break;
    case Pending::backlog:
      close_socket();
      end_wait(settle({}));
      break;
    case Pending::connect:
    case Pending::receive:
    case Pending::send: {
      error_code ignored;
      socket_.cancel(ignored);
      break;
    }
    case Pending::file:      // is in the kernel's hands, and ends there
    case Pending::children:  // are cancelled themselves
    case Pending::turn:
    case Pending::none:
      break;
  }
}

// Of a socket's operation. What Asio reports is an errno in Boost's system category.
Completion Stream::settle(const error_code& error, Completion completion) {
  loop_.stop_timer(*this);
  const bool timed_out = std::exchange(timed_out_, false);
  pending_ = Pending::none;
  if (!error) return completion;
  if (error != net::error::operation_aborted) return failed(error.value());
  return failed(timed_out && !loop_.stopping() ? std::errc::timed_out
                                               : std::errc::operation_canceled);
}

// Of what ends otherwise: it reports a stop, however it ended.
Completion Stream::settle(Completion completion) {
  loop_.stop_timer(*this);
  pending_ = Pending::none;
  return loop_.stopping() ? failed(std::errc::operation_canceled) : completion;
}

}  // namespace asyncbench::asio_loop
