#include "poll_loop.hpp"

#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

#include "core/fine_timers.hpp"
#include "core/socket_ops.hpp"

namespace asyncbench::polling {

using namespace std::chrono_literals;

namespace {

// poll adds a slack of 0.1 % of its timeout (fs/select.c, select_estimate_accuracy), and deadlines
// may be 5 ms late at most.
constexpr Duration kWaitMax = 1s;

// What to wait for on the task's stream; no descriptor where the operation is not about it.
pollfd awaited(const Connection& connection) {
  switch (connection.waits) {
    case Waits::receive:
      return {.fd = connection.fd.get(), .events = POLLIN, .revents = 0};
    case Waits::connect:
    case Waits::send:
      return {.fd = connection.fd.get(), .events = POLLOUT, .revents = 0};
    default:
      return {.fd = -1, .events = 0, .revents = 0};
  }
}

}  // namespace

Loop::Loop(Job& job, unsigned lane) : EventLoop(job, lane) {
  if (!is_accepting()) return;
  set_blocking(listener(), false);
  watch_listener(true);
}

void Loop::run() {
  const FineTimers fine_timers;
  stop_if_asked();
  start_tasks();
  while (is_busy()) turn();
  report().counters["file_threads"] = files_.threads();
}

void Loop::stop() {
  ask_to_stop();
  wake_.wake();
}

void Loop::turn() {
  wait();
  // Tasks that go on may finish, and others begin: who has news is looked up before.
  have_news_.clear();
  for (std::size_t i = 0; i < running().size(); ++i) {
    if (polled_[i + 2].revents != 0) have_news_.push_back(running()[i]);
  }
  for (Connection* const connection : have_news_) go_on(*connection);
  run_ready();
  fire_timers();
  if (polled_[1].revents != 0) accept();
  if (polled_[0].revents != 0) woken();
}

void Loop::wait() {
  polled_.assign({{.fd = wake_.get(), .events = POLLIN, .revents = 0},
                  {.fd = is_listening_ ? listener() : -1, .events = POLLIN, .revents = 0}});
  for (const Connection* const connection : running()) polled_.push_back(awaited(*connection));
  const Duration left = has_ready() ? Duration::zero() : time_left(next_due());
  const Duration wait = std::min<Duration>(left, kWaitMax);
  const timespec timeout{.tv_sec = wait / 1s, .tv_nsec = (wait % 1s).count()};
  // Without news, nothing has been written to the entries.
  ppoll(polled_.data(), polled_.size(), &timeout, nullptr);
  report().woke();
}

void Loop::go_on(Connection& connection) {
  Attempt ended;
  switch (connection.waits) {
    case Waits::connect:
      ended = connected(connection, end_connect(connection.fd.get()));
      break;
    case Waits::receive:
      ended = receive_now(connection);
      break;
    case Waits::send:
      ended = send_at_once(connection.fd.get(), *std::get_if<op::Send>(&connection.wanted));
      break;
    default:
      break;
  }
  if (ended) complete(connection, *ended);
}

void Loop::woken() {
  eventfd_t ignored = 0;
  eventfd_read(wake_.get(), &ignored);
  take_files(files_);
  stop_if_asked();
}

Loop::Attempt Loop::connect(Connection& connection, const op::Connect& wanted) {
  connection.fd = stream_socket(*wanted.to, SOCK_NONBLOCK);
  if (!connection.fd) return failed(errno);
  const int error = begin_connect(connection.fd.get(), *wanted.to);
  if (error == EAGAIN && wanted.to->is_unix()) {
    connection.fd.reset();
    await_backlog(connection, wanted);
    return std::nullopt;
  }
  if (error != EINPROGRESS) return connected(connection, error);
  park(connection, Waits::connect, wanted.deadline);
  return std::nullopt;
}

// After an error there is no stream, and the task owes no Close.
Completion Loop::connected(Connection& connection, int error) {
  if (error == 0) return {};
  connection.fd.reset();
  return failed(error);
}

// Trying comes first: a Receive whose deadline has passed takes what is there.
Loop::Attempt Loop::receive(Connection& connection, const op::Receive& wanted) {
  if (Attempt received = receive_now(connection)) return received;
  park(connection, Waits::receive, wanted.deadline);
  return std::nullopt;
}

Loop::Attempt Loop::receive_now(Connection& connection) {
  return receive_at_once(connection.fd.get(), connection);
}

Loop::Attempt Loop::send(Connection& connection, op::Send wanted) {
  if (Attempt sent = send_at_once(connection.fd.get(), wanted)) return sent;
  connection.wanted = wanted;
  park(connection, Waits::send, wanted.deadline);
  return std::nullopt;
}

// For poll a file is always ready, however long a read then takes.
Loop::Attempt Loop::file(Connection& connection, const Op& wanted) {
  return perform_by(files_, connection, wanted);
}

bool Loop::adopt(Connection& connection, Fd accepted) {
  connection.fd = std::move(accepted);
  return true;
}

void Loop::abandon(Connection& connection) {
  if (connection.waits == Waits::connect) connection.fd.reset();
}

void Loop::close(Connection& connection, bool reset) {
  if (reset) reset_on_close(connection.fd.get());
  connection.fd.reset();
}

}  // namespace asyncbench::polling
