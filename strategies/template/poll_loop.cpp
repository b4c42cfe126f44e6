#include "poll_loop.hpp"

#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>
#include <variant>

#include "core/fine_timers.hpp"
#include "core/socket_ops.hpp"
#include "core/strategy.hpp"

namespace asyncbench::polling {

using namespace std::chrono_literals;

namespace {

// poll adds a slack of 0.1 % of its timeout (fs/select.c, select_estimate_accuracy), and deadlines
// may be 5 ms late at most.
constexpr Duration kWaitMax = 1s;

bool has_finished(const Connection& connection) {
  return std::holds_alternative<op::Finish>(connection.wanted);
}

// When the operation must end, whatever happens.
Time due(const Op& op) {
  return std::visit(Overloaded{
                        [](const op::Connect& connect) { return connect.deadline; },
                        [](const op::Receive& receive) { return receive.deadline; },
                        [](const op::Send& send) { return send.deadline; },
                        [](const op::Sleep& sleep) { return sleep.until; },
                        [](const auto&) { return kNever; },
                    },
                    op);
}

short awaited_events(const Op& op) {
  return std::holds_alternative<op::Receive>(op) ? POLLIN : POLLOUT;
}

}  // namespace

Loop::Loop(Job& job, unsigned lane)
    : job_(job), lane_(lane), report_(job.lanes[lane]), wake_(eventfd(0, EFD_CLOEXEC)) {
  if (!wake_) throw StrategyError("eventfd: no descriptor left; raise ulimit -n");
  for (std::size_t i = lane; i < job.tasks.size(); i += job.threads) {
    connections_.push_back({.task = job.tasks[i].get(), .wanted = op::Begin{}});
  }
  if (job.acceptor != nullptr) {
    listener_ = job.acceptor->socket(lane);
    set_blocking(listener_, false);
  }
}

void Loop::run() {
  const FineTimers fine_timers;
  for (Connection& connection : connections_) {
    connection.wanted = connection.task->start(lane_);
    advance(connection);
  }
  std::erase_if(connections_, has_finished);
  while (!connections_.empty() || (listener_ >= 0 && !is_stopped_)) turn();
}

void Loop::stop() {
  is_stopped_ = true;
  eventfd_write(wake_.get(), 1);
}

void Loop::turn() {
  Time first_due = accept_from_;
  polled_.assign({{.fd = wake_.get(), .events = POLLIN, .revents = 0},
                  {.fd = accept_from_ == kNever ? listener_ : -1, .events = POLLIN}});
  for (const Connection& connection : connections_) {
    polled_.push_back({connection.fd.get(), awaited_events(connection.wanted), 0});
    if (std::holds_alternative<op::Sleep>(connection.wanted)) polled_.back().fd = -1;
    first_due = std::min(first_due, due(connection.wanted));
  }
  wait(first_due);

  const bool stopped = is_stopped_;
  const Time time = now();
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    Connection& connection = connections_[i];
    if (stopped || polled_[i + 2].revents != 0 || due(connection.wanted) <= time) {
      advance(connection);
    }
  }
  std::erase_if(connections_, has_finished);
  if (accept_from_ <= time) accept_from_ = kNever;
  if (polled_[1].revents != 0 && !stopped) accept();
}

void Loop::wait(Time until) {
  const Duration wait = std::min<Duration>(time_left(until), kWaitMax);
  const timespec timeout{.tv_sec = wait / 1s, .tv_nsec = (wait % 1s).count()};
  ppoll(polled_.data(), polled_.size(), &timeout, nullptr);
  ++report_.wakeups;
}

// A loop, not a recursion: operations that end at once may follow each other without end.
void Loop::advance(Connection& connection) {
  while (!has_finished(connection)) {
    const Attempt ended = attempt(connection);
    if (!ended) return;
    ++report_.completions;
    connection.sent = 0;
    connection.wanted = connection.task->resume(*ended);
  }
  connection.fd.reset();
}

Loop::Attempt Loop::attempt(Connection& connection) {
  if (const auto* close = std::get_if<op::Close>(&connection.wanted)) {
    return perform(connection, *close);
  }
  Attempt ended = failed(std::errc::operation_canceled);
  if (!is_stopped_) {
    ended = std::visit([&](const auto& op) { return perform(connection, op); }, connection.wanted);
  }
  // Trying comes first: a Receive whose deadline has passed takes what is there.
  if (!ended && due(connection.wanted) <= now()) ended = failed(std::errc::timed_out);
  // After an error there is no stream, and the task owes no Close.
  if (ended && std::holds_alternative<op::Connect>(connection.wanted)) {
    connection.connecting = false;
    if (ended->error) connection.fd.reset();
  }
  return ended;
}

Loop::Attempt Loop::perform(Connection&, const op::Begin&) { return Completion{}; }

Loop::Attempt Loop::perform(Connection& connection, const op::Connect& connect) {
  int error = 0;
  if (!connection.connecting) {
    connection.fd = stream_socket(*connect.to, SOCK_NONBLOCK);
    if (!connection.fd) return failed(errno);
    connection.connecting = true;
    error = begin_connect(connection.fd.get(), *connect.to);
    if (error == EINPROGRESS) return std::nullopt;
  } else {
    pollfd polled{.fd = connection.fd.get(), .events = POLLOUT, .revents = 0};
    if (poll(&polled, 1, 0) == 0) return std::nullopt;
    error = end_connect(connection.fd.get());
  }
  return error == 0 ? Completion{} : failed(error);
}

Loop::Attempt Loop::perform(Connection& connection, const op::Receive&) {
  auto& buffer = connection.buffer;
  if (!buffer) buffer = std::make_unique_for_overwrite<std::byte[]>(kReceiveBytes);
  const ssize_t received = ::recv(connection.fd.get(), buffer.get(), kReceiveBytes, 0);
  if (received >= 0) return Completion{.data = {buffer.get(), static_cast<size_t>(received)}};
  return errno == EAGAIN ? Attempt{} : failed(errno);
}

Loop::Attempt Loop::perform(Connection& connection, const op::Send& send) {
  const auto rest = send.bytes.subspan(connection.sent);
  const ssize_t sent = ::send(connection.fd.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
  if (sent < 0) return errno == EAGAIN ? Attempt{} : failed(errno);
  connection.sent += static_cast<std::size_t>(sent);
  return connection.sent == send.bytes.size() ? Attempt{Completion{}} : std::nullopt;
}

Loop::Attempt Loop::perform(Connection& connection, const op::Close& close) {
  if (close.reset) reset_on_close(connection.fd.get());
  connection.fd.reset();
  return Completion{};
}

Loop::Attempt Loop::perform(Connection&, const op::Sleep& sleep) {
  return sleep.until <= now() ? Attempt{Completion{}} : std::nullopt;
}

void Loop::accept() {
  for (;;) {
    Fd fd{::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
    if (!fd) {
      if (is_resource_shortage(errno)) {
        ++report_.accept_pauses;
        accept_from_ = now() + kAcceptPause;
      }
      // Other errors are those of one connection; the next poll brings the next one.
      return;
    }
    ++report_.completions;
    std::unique_ptr<Task> task = job_.acceptor->accepted(lane_);
    if (!task) continue;
    Connection& connection = connections_.emplace_back(
        Connection{.task = task.get(), .wanted = task->start(lane_), .fd = std::move(fd)});
    connection.owned = std::move(task);
    advance(connection);
  }
}

}  // namespace asyncbench::polling
