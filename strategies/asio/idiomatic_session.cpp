#include "idiomatic_session.hpp"

#include <netinet/in.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/completion_condition.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <functional>
#include <utility>

#include "core/assert.hpp"
#include "core/endpoint.hpp"
#include "core/socket_ops.hpp"
#include "core/task_driver.hpp"
#include "idiomatic_loop.hpp"

namespace asyncbench::asio_idiomatic {

namespace {

// Errors are values: time-outs and refusals are no exceptions here.
constexpr auto kAwait = net::as_tuple(net::use_awaitable);

// Operations that end at once, one after the other, before others get a turn.
constexpr int kTurnLength = 64;

}  // namespace

Session::Session(Loop& loop, Task& task, const net::any_io_executor& executor, unsigned lane)
    : loop_(loop), task_(task), lane_(lane), socket_(executor), timer_(executor) {}

net::awaitable<void> Session::run() {
  Op next = task_.start(lane_);
  for (int turn = 1; kind_of(next) != OpKind::finish; ++turn) {
    if (turn % kTurnLength == 0) co_await net::post(executor(), net::use_awaitable);
    const Completion ended = co_await perform(next);
    Loop::count(kind_of(next));
    next = task_.resume(ended);
  }
}

net::awaitable<Completion> Session::perform(const Op& op) {
  if (loop_.is_stopping() && !outlives_stop(kind_of(op))) {
    co_return failed(std::errc::operation_canceled);
  }
  switch (kind_of(op)) {
    case OpKind::begin:
      co_return Completion{};
    case OpKind::connect:
      co_return co_await connect(*std::get_if<op::Connect>(&op));
    case OpKind::receive:
      co_return co_await receive(*std::get_if<op::Receive>(&op));
    case OpKind::send:
      co_return co_await send(*std::get_if<op::Send>(&op));
    case OpKind::close:
      close_socket(std::get_if<op::Close>(&op)->reset);
      co_return Completion{};
    case OpKind::sleep:
      co_return co_await sleep(std::get_if<op::Sleep>(&op)->until);
    case OpKind::gather:
      co_return co_await gather(*std::get_if<op::Gather>(&op));
    default:
      co_return failed(std::errc::operation_not_supported);
  }
}

net::awaitable<Completion> Session::connect(const op::Connect& wanted) {
  const Endpoint& to = *wanted.to;
  if (to.is_unix()) co_return co_await connect_unix(wanted);
  error_code error;
  socket_.open({to.family(), IPPROTO_TCP}, error);
  if (error) co_return failed(error.value());
  socket_.set_option(net::ip::tcp::no_delay(true), error);
  expect_by(wanted.deadline);
  const auto [ended] =
      co_await socket_.async_connect({to.address(), to.size(), IPPROTO_TCP}, kAwait);
  const Completion completion = settle(ended, {});
  if (ended) close_socket(false);
  co_return completion;
}

// A Unix socket is connected at once, unless the listener's queue is full: Asio would then take the
// socket for connected.
net::awaitable<Completion> Session::connect_unix(const op::Connect& wanted) {
  for (;;) {
    error_code error;
    socket_.open({wanted.to->family(), 0}, error);
    if (error) co_return failed(error.value());
    const int fd = socket_.native_handle();
    set_blocking(fd, false);
    const int refusal = begin_connect(fd, *wanted.to);
    if (refusal == 0) co_return Completion{};
    close_socket(false);
    if (refusal != EAGAIN) co_return failed(refusal);
    const Completion paused = co_await sleep(std::min(wanted.deadline, now() + kBacklogPause));
    if (paused.error) co_return paused;
    if (wanted.deadline <= now()) co_return failed(std::errc::timed_out);
  }
}

net::awaitable<Completion> Session::receive(const op::Receive& wanted) {
  if (buffer_.empty()) buffer_.resize(kReceiveBytes);
  error_code error;
  std::size_t size = 0;
  if (wanted.deadline <= now()) {
    // Takes what is there.
    socket_.non_blocking(true, error);
    size = socket_.read_some(net::buffer(buffer_), error);
    if (error == net::error::would_block) co_return failed(std::errc::timed_out);
  } else {
    expect_by(wanted.deadline);
    std::tie(error, size) = co_await socket_.async_read_some(net::buffer(buffer_), kAwait);
  }
  if (error == net::error::eof) co_return settle({}, {});
  co_return settle(error, {.data = std::span<const std::byte>(buffer_).first(size)});
}

net::awaitable<Completion> Session::send(const op::Send& wanted) {
  expect_by(wanted.deadline);
  const auto [error, size] =
      co_await net::async_write(socket_, net::buffer(wanted.bytes.data(), wanted.bytes.size()),
                                std::bind_front(&Session::size_of_next_write, this), kAwait);
  const bool is_cut_short = !error && size < wanted.bytes.size();
  co_return settle(is_cut_short ? net::error::operation_aborted : error, {});
}

// A cancel that comes between two writes of a composed one finds nothing to cancel.
std::size_t Session::size_of_next_write(const error_code& error, std::size_t written) const {
  return is_late_ || loop_.is_stopping() ? 0 : net::transfer_all()(error, written);
}

net::awaitable<Completion> Session::sleep(Time until) {
  if (until <= now()) co_return Completion{};
  timer_.expires_at(loop_.expiry(until));
  co_await timer_.async_wait(kAwait);
  co_return loop_.is_stopping() ? failed(std::errc::operation_canceled) : Completion{};
}

// The last child to finish ends the wait.
net::awaitable<Completion> Session::gather(const op::Gather& wanted) {
  if (wanted.children.empty()) co_return Completion{};
  unfinished_children_ = wanted.children.size();
  timer_.expires_at(kNever);
  for (Task* const child : wanted.children) {
    std::shared_ptr<Session>& session = children_[child];
    if (!session) session = std::make_shared<Session>(loop_, *child, executor(), lane_);
    loop_.spawn(session, [this] {
      if (--unfinished_children_ == 0) timer_.cancel();
    });
  }
  while (unfinished_children_ > 0) co_await timer_.async_wait(kAwait);
  co_return loop_.is_stopping() ? failed(std::errc::operation_canceled) : Completion{};
}

// The news may be on its way when the operation has ended, or the session.
void Session::expect_by(Time deadline) {
  ++operation_;
  is_late_ = false;
  if (deadline == kNever) return;
  timer_.expires_at(loop_.expiry(deadline));
  timer_.async_wait([weak = weak_from_this(), operation = operation_](const error_code& error) {
    if (error) return;
    const std::shared_ptr<Session> self = weak.lock();
    if (!self || self->operation_ != operation) return;
    self->is_late_ = true;
    error_code ignored;
    self->socket_.cancel(ignored);
  });
}

// What has ended well has ended in time.
Completion Session::settle(const error_code& error, const Completion& ended) {
  ++operation_;
  timer_.cancel();
  if (!error) return ended;
  if (error != net::error::operation_aborted) return failed(error.value());
  return failed(is_late_ ? std::errc::timed_out : std::errc::operation_canceled);
}

// A task that gathers waits for its children, which end by themselves.
void Session::cancel() {
  error_code ignored;
  socket_.cancel(ignored);
  if (unfinished_children_ == 0) timer_.cancel();
}

void Session::close_socket(bool reset) {
  if (reset && socket_.is_open()) reset_on_close(socket_.native_handle());
  error_code ignored;
  socket_.close(ignored);
}

void Session::close() {
  for (const auto& [task, child] : children_) child->close();
  children_.clear();
  close_socket(false);
}

}  // namespace asyncbench::asio_idiomatic
