#include "stream.hpp"

#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <cstring>
#include <utility>

namespace asyncbench::asio_loop {

namespace {

// Operations that may end at once, one after the other, before other tasks get a turn.
constexpr int kTurnLength = 64;

tcp::endpoint to_asio(const Endpoint& endpoint) {
  tcp::endpoint result;
  std::memcpy(result.data(), endpoint.address(), endpoint.size());
  result.resize(endpoint.size());
  return result;
}

}  // namespace

Stream::Stream(Loop& loop, Task& task, std::unique_ptr<Task> owned, Socket socket)
    : loop_(loop), task_(task), owned_(std::move(owned)), socket_(std::move(socket)) {}

Stream::~Stream() { loop_.forget_timer(*this); }

template <class Handler>
auto Stream::with_memory(Handler handler) {
  return net::bind_allocator(HandlerAllocator<void>(memory_), std::move(handler));
}

void Stream::drive(Op op) {
  for (int turn = 0; turn < kTurnLength; ++turn) {
    const Ended ended = perform(op);
    if (!ended) return;
    ++loop_.report().completions;
    op = task_.resume(*ended);
  }
  yield_turn(op);
}

// A task whose operations all end at once would keep the loop from the others, and from the stop.
void Stream::yield_turn(Op op) {
  pending_ = Pending::turn;
  next_ = op;
  net::post(socket_.get_executor(), with_memory([this] {
              pending_ = Pending::none;
              drive(next_);
            }));
}

Stream::Ended Stream::perform(const Op& op) {
  if (loop_.stopping() && !outlives_stop(kind_of(op))) return failed(std::errc::operation_canceled);
  return std::visit(
      Overloaded{
          [](const op::Begin&) -> Ended { return Completion{}; },
          [this](const op::Connect& connecting) { return connect(connecting); },
          [this](const op::Receive& receiving) { return receive(receiving); },
          [this](const op::Send& sending) { return send(sending); },
          [this](const op::Close& closing) { return close(closing); },
          [this](const op::Sleep& sleeping) { return sleep(sleeping); },
          [this](const op::Finish&) -> Ended {
            loop_.finish(*this);
            return std::nullopt;
          },
          [](const auto&) -> Ended { return failed(std::errc::operation_not_supported); },
      },
      op);
}

Stream::Ended Stream::connect(const op::Connect& op) {
  const tcp::endpoint peer = to_asio(*op.to);
  error_code error;
  socket_.open(peer.protocol(), error);
  if (!error) socket_.set_option(tcp::no_delay(true), error);
  if (!error) socket_.non_blocking(true, error);
  if (error) {
    const Completion failure = failed(error.value());
    socket_.close(error);
    return failure;
  }
  wait(Pending::connect, op.deadline);
  socket_.async_connect(peer, with_memory([this](const error_code& outcome) {
                          if (outcome) {
                            error_code ignored;
                            socket_.close(ignored);
                          }
                          ended(outcome, {});
                        }));
  return std::nullopt;
}

Stream::Ended Stream::receive(const op::Receive& op) {
  if (!buffer_) buffer_ = std::make_unique_for_overwrite<std::byte[]>(kReceiveBytes);
  const net::mutable_buffer into(buffer_.get(), kReceiveBytes);
  if (op.deadline <= loop_.last_known_time()) {
    error_code error;
    const std::size_t size = socket_.receive(into, 0, error);
    if (error == net::error::would_block) return failed(std::errc::timed_out);
    if (error == net::error::eof) return Completion{};
    if (error) return failed(error.value());
    return Completion{.data = {buffer_.get(), size}};
  }
  wait(Pending::receive, op.deadline);
  socket_.async_receive(into, with_memory([this](const error_code& error, std::size_t size) {
                          ended(error, {.data = {buffer_.get(), size}});
                        }));
  return std::nullopt;
}

// A reply nearly always fits into the socket's buffer, so the bytes are offered to the kernel at
// once: Asio's async_send would do the same but deliver the good news through the loop's queue,
// and the loop would look for events before it.
Stream::Ended Stream::send(const op::Send& op) {
  if (op.bytes.empty()) return Completion{};
  error_code error;
  const std::size_t sent =
      socket_.send(net::const_buffer(op.bytes.data(), op.bytes.size()), 0, error);
  if (error && error != net::error::would_block) return failed(error.value());
  if (sent == op.bytes.size()) return Completion{};
  rest_ = op.bytes.subspan(sent);
  wait(Pending::send, op.deadline);
  send_rest();
  return std::nullopt;
}

void Stream::send_rest() {
  socket_.async_send(net::const_buffer(rest_.data(), rest_.size()),
                     with_memory([this](const error_code& error, std::size_t sent) {
                       rest_ = rest_.subspan(sent);
                       if (error || rest_.empty()) {
                         ended(error, {});
                       } else if (timed_out_ || loop_.stopping()) {
                         // Cancelled while this news was on its way.
                         ended(net::error::operation_aborted, {});
                       } else {
                         send_rest();
                       }
                     }));
}

Stream::Ended Stream::close(const op::Close& op) {
  error_code ignored;
  if (op.reset) socket_.set_option(net::socket_base::linger(true, 0), ignored);
  socket_.close(ignored);
  return Completion{};
}

Stream::Ended Stream::sleep(const op::Sleep& op) {
  if (op.until <= loop_.look_at_clock()) return Completion{};
  wait(Pending::sleep, op.until);
  return std::nullopt;
}

void Stream::wait(Pending pending, Time deadline) {
  pending_ = pending;
  if (deadline != kNever) loop_.start_timer(*this, deadline);
}

void Stream::expired() {
  if (pending_ == Pending::sleep) {
    end({});
    return;
  }
  // The handler brings the news: until then the kernel may still take bytes from the task's
  // buffer, and an operation that has ended by now ended in time.
  timed_out_ = true;
  error_code ignored;
  socket_.cancel(ignored);
}

void Stream::cancel() {
  if (pending_ == Pending::sleep) {
    end(failed(std::errc::operation_canceled));
    return;
  }
  error_code ignored;
  if (socket_.is_open()) socket_.cancel(ignored);
}

void Stream::abandon() {
  error_code ignored;
  socket_.close(ignored);
}

void Stream::ended(const error_code& error, Completion completion) {
  loop_.count_wakeup(last_wakeup_);
  if (error && error != net::error::eof) completion = failure(error);
  end(completion);
}

Completion Stream::failure(const error_code& error) const {
  if (error != net::error::operation_aborted) return failed(error.value());
  return failed(timed_out_ && !loop_.stopping() ? std::errc::timed_out
                                                : std::errc::operation_canceled);
}

void Stream::end(const Completion& completion) {
  loop_.stop_timer(*this);
  pending_ = Pending::none;
  timed_out_ = false;
  ++loop_.report().completions;
  drive(task_.resume(completion));
}

}  // namespace asyncbench::asio_loop
