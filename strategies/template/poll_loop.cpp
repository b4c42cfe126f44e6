#include "poll_loop.hpp"

#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>
#include <variant>

#include "core/file_ops.hpp"
#include "core/fine_timers.hpp"
#include "core/socket_ops.hpp"
#include "core/strategy.hpp"

namespace asyncbench::polling {

using namespace std::chrono_literals;

namespace {

// poll adds a slack of 0.1 % of its timeout (fs/select.c, select_estimate_accuracy), and deadlines
// may be 5 ms late at most.
constexpr Duration kWaitMax = 1s;

// After so many operations that ended at once, other tasks have their turn.
constexpr int kOperationsPerTurn = 64;

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

// What to wait for on the task's stream; no descriptor where the operation is not about it.
pollfd awaited(const Connection& connection) {
  switch (kind_of(connection.wanted)) {
    case OpKind::receive:
      return {.fd = connection.fd.get(), .events = POLLIN, .revents = 0};
    case OpKind::connect:
    case OpKind::send:
      return {.fd = connection.fd.get(), .events = POLLOUT, .revents = 0};
    default:
      return {.fd = -1, .events = 0, .revents = 0};
  }
}

}  // namespace

Loop::Loop(Job& job, unsigned lane)
    : job_(job),
      lane_(lane),
      report_(job.lanes[lane]),
      wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      files_([this] { eventfd_write(wake_.get(), 1); }) {
  if (!wake_) throw StrategyError("eventfd: no descriptor left; raise ulimit -n");
  if (job.acceptor != nullptr) {
    listener_ = job.acceptor->socket(lane);
    set_blocking(listener_, false);
  }
}

void Loop::run() {
  const FineTimers fine_timers;
  for (std::size_t i = lane_; i < job_.tasks.size(); i += job_.threads) start(*job_.tasks[i]);
  while (!running_.empty() || (listener_ >= 0 && !is_stopped_)) turn();
  report_.counters["file_threads"] = files_.threads();
}

void Loop::stop() {
  is_stopped_ = true;
  eventfd_write(wake_.get(), 1);
}

void Loop::turn() {
  Time first_due = next_.empty() ? accept_from_ : Time{};
  polled_.assign({{.fd = wake_.get(), .events = POLLIN, .revents = 0},
                  {.fd = accept_from_ == kNever ? listener_ : -1, .events = POLLIN, .revents = 0}});
  for (const Connection* connection : running_) {
    polled_.push_back(awaited(*connection));
    first_due = std::min(first_due, due(connection->wanted));
  }
  wait(first_due);

  const bool stopped = is_stopped_;
  const Time time = now();
  for (std::size_t i = 0; i < running_.size(); ++i) {
    const bool can_go_on = polled_[i + 2].revents != 0 || due(running_[i]->wanted) <= time;
    if (stopped || can_go_on) continue_soon(*running_[i]);
  }
  if (polled_[0].revents != 0) {
    eventfd_t ignored;
    eventfd_read(wake_.get(), &ignored);
    files_.take_ended([this](FileWork& work) {
      auto& connection = static_cast<Connection&>(work);
      connection.file = Connection::File::ended;
      continue_soon(connection);
    });
  }
  for (Connection* connection : std::exchange(next_, {})) {
    connection->due_next = false;
    advance(*connection);
  }
  if (accept_from_ <= time) accept_from_ = kNever;
  if (polled_[1].revents != 0 && !stopped) accept();
}

void Loop::wait(Time until) {
  const Duration wait = std::min<Duration>(time_left(until), kWaitMax);
  const timespec timeout{.tv_sec = wait / 1s, .tv_nsec = (wait % 1s).count()};
  ppoll(polled_.data(), polled_.size(), &timeout, nullptr);
  ++report_.wakeups;
}

// A gathered child keeps its state, and with it its stream, from one run to the next.
Connection& Loop::start(Task& task) {
  if (!task.state) task.state = std::make_unique<Connection>(task);
  auto& connection = static_cast<Connection&>(*task.state);
  connection.place = running_.size();
  running_.push_back(&connection);
  connection.wanted = task.start(lane_);
  continue_soon(connection);
  return connection;
}

void Loop::finish(Connection& connection) {
  running_[connection.place] = running_.back();
  running_[connection.place]->place = connection.place;
  running_.pop_back();
  if (Connection* const parent = std::exchange(connection.parent, nullptr)) {
    if (--parent->children_running == 0) continue_soon(*parent);
    return;
  }
  // The state goes before the task: it looks after the task's children, which may go with it.
  const std::unique_ptr<Task> owned = std::move(connection.owned);
  connection.task.state.reset();
}

void Loop::continue_soon(Connection& connection) {
  if (!std::exchange(connection.due_next, true)) next_.push_back(&connection);
}

// A loop, not a recursion: operations that end at once may follow each other without end.
void Loop::advance(Connection& connection) {
  for (int i = 0; i < kOperationsPerTurn; ++i) {
    if (std::holds_alternative<op::Finish>(connection.wanted)) return finish(connection);
    const Attempt ended = attempt(connection);
    if (!ended) return;
    ++report_.completions;
    connection.sent = 0;
    connection.wanted = connection.task.resume(*ended);
  }
  continue_soon(connection);
}

Loop::Attempt Loop::attempt(Connection& connection) {
  // What others have in hand ends first, whatever happens.
  if (connection.file == Connection::File::in_pool || connection.children_running > 0) {
    return std::nullopt;
  }
  const OpKind kind = kind_of(connection.wanted);
  const bool stopped = is_stopped_ && !outlives_stop(kind);
  Attempt ended = failed(std::errc::operation_canceled);
  if (is_file_op(kind) && (!stopped || connection.file == Connection::File::ended)) {
    ended = perform_on_file(connection);
  } else if (!stopped) {
    ended = std::visit([&](const auto& op) { return perform(connection, op); }, connection.wanted);
  }
  // Trying comes first: a Receive whose deadline has passed takes what is there.
  if (!ended && due(connection.wanted) <= now()) ended = failed(std::errc::timed_out);
  // After an error there is no stream, and the task owes no Close.
  if (ended && kind == OpKind::connect) {
    connection.connecting = false;
    if (ended->error) connection.fd.reset();
  }
  if (ended) connection.gathering = false;
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

// The children go on in the next turn; the last one's Finish brings the task back here.
Loop::Attempt Loop::perform(Connection& connection, const op::Gather& gather) {
  if (connection.gathering || gather.children.empty()) return Completion{};
  connection.gathering = true;
  for (Task* const child : gather.children) {
    if (!child->state) connection.children.push_back(child);
    start(*child).parent = &connection;
    ++connection.children_running;
  }
  return std::nullopt;
}

// A read that the page cache serves costs no thread.
Loop::Attempt Loop::perform_on_file(Connection& connection) {
  if (connection.file == Connection::File::idle) {
    if (const auto ended = files_.try_at_once(connection.wanted)) return ended;
    connection.op = connection.wanted;
    connection.file = Connection::File::in_pool;
    files_.submit(connection);
    return std::nullopt;
  }
  connection.file = Connection::File::idle;
  return is_stopped_ ? cancel_file_op(connection.op, connection.ended) : connection.ended;
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
    Connection& connection = start(*task);
    connection.fd = std::move(fd);
    connection.owned = std::move(task);
  }
}

}  // namespace asyncbench::polling
