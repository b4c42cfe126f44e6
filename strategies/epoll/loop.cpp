// Turning the loop: wait, let the tasks that can go on do so, fire timers, accept, stop.
#include "loop.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "core/fine_timers.hpp"
#include "core/socket_ops.hpp"
#include "core/strategy.hpp"

namespace asyncbench::reactor {

namespace {

// Connections accepted in a row before the loop serves those it has.
constexpr int kAcceptBatch = 64;

bool is_unix_socket(int fd) {
  int family = 0;
  socklen_t size = sizeof family;
  return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &size) == 0 && family == AF_UNIX;
}

}  // namespace

Loop::Loop(Job& job, unsigned lane) : job_(job), lane_(lane), report_(job.lanes[lane]) {
  report_.granted = {"epoll", "timerfd"};
  if (job.acceptor == nullptr) return;
  listener_ = job.acceptor->socket(lane);
  accepts_unix_ = is_unix_socket(listener_);
  set_blocking(listener_, false);
  // Exclusive, for the loops of a job may share a socket: not all of them need wake for each
  // connection.
  const int error = poller_.add(listener_, EPOLLIN | EPOLLET | EPOLLEXCLUSIVE,
                                static_cast<std::uint64_t>(Source::listener));
  if (error != 0) throw StrategyError(std::string("epoll_ctl: ") + strerrorname_np(error));
  is_accepting_ = true;
}

void Loop::run() {
  const FineTimers fine_timers;
  if (stop_requested_) stop_all();
  for (std::size_t i = lane_; i < job_.tasks.size(); i += job_.threads) start(*job_.tasks[i]);
  while (!running_.empty() || is_accepting_) turn();
  report();
}

void Loop::report() {
  report_.counters["receives_in_vain"] = receives_in_vain_;
  report_.counters["short_sends"] = short_sends_;
  if (files_) report_.counters["file_threads"] = files_->threads();
}

void Loop::stop() {
  stop_requested_ = true;
  poller_.wake();
}

// News are noted before any task goes on: a task may close its socket, and open another, whose
// predecessor's news must not be taken for its own.
void Loop::turn() {
  const bool can_accept = has_arrivals_ && accept_again_at_ == kNever;
  const bool is_busy = can_accept || !ready_.empty();
  const auto news =
      poller_.wait(is_busy ? Time::min() : std::min(timers_.next(), accept_again_at_));
  ++report_.wakeups;
  for (const epoll_event& event : news) note(event);

  going_on_.swap(ready_);
  for (Stream* const stream : going_on_) go_on(*stream);
  going_on_.clear();
  if (poller_.is_time()) fire_timers();
  if (has_arrivals_ && accept_again_at_ == kNever) accept();
  if (std::exchange(is_woken_, false)) {
    if (files_) take_files();
    if (stop_requested_ && !is_stopping_) stop_all();
  }
}

void Loop::note(const epoll_event& event) {
  switch (static_cast<Source>(event.data.u64)) {
    case Source::timer:
      poller_.timer_fired();
      return;
    case Source::wake:
      is_woken_ = true;
      return;
    case Source::listener:
      has_arrivals_ = is_accepting_;
      return;
  }
  Stream& stream = *static_cast<Stream*>(event.data.ptr);
  const std::uint32_t is = event.events;
  if ((is & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) stream.has_hung_up = true;
  if (stream.has_hung_up || (is & EPOLLIN) != 0) stream.may_receive = true;
  const bool has_room = (is & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0;
  if ((stream.waits == Waits::receive && stream.may_receive) ||
      (stream.waits == Waits::send && has_room) || (stream.waits == Waits::connect && has_room)) {
    ready_.push_back(&stream);
  }
}

// Nothing but its own entry in the list resumes a task that waits for its socket or its turn, so
// that those in the list are still there.
void Loop::go_on(Stream& stream) {
  Attempt ended;
  switch (stream.waits) {
    case Waits::nothing:
      drive(stream, stream.wanted);
      return;
    case Waits::connect:
      // Without an error or a hang-up the connection stands, and need not be asked how it fares.
      ended = connected(stream, stream.has_hung_up ? end_connect(stream.socket.get()) : 0);
      break;
    case Waits::receive:
      ended = try_receive(stream);
      break;
    case Waits::send:
      ended = try_send(stream, *std::get_if<op::Send>(&stream.wanted));
      if (ended) has_sent(stream);
      break;
    default:
      break;
  }
  if (ended) complete(stream, *ended);
}

void Loop::fire_timers() {
  last_known_time_ = now();
  while (Stream* const stream = timers_.pop_due(last_known_time_)) expired(*stream);
  if (accept_again_at_ <= last_known_time_) accept_again_at_ = kNever;
}

void Loop::expired(Stream& stream) {
  Attempt ended = failed(std::errc::timed_out);
  switch (stream.waits) {
    case Waits::sleep:
      ended = Completion{};
      break;
    case Waits::receive:
      // What is there is taken, even if the news of it is still to come.
      if (Attempt received = try_receive(stream)) ended = received;
      break;
    case Waits::connect: {
      const auto wanted = *std::get_if<op::Connect>(&stream.wanted);
      if (wanted.deadline <= last_known_time_) {
        close(stream, false);
      } else {
        ended = try_connect(stream, wanted);
      }
      break;
    }
    default:
      break;
  }
  if (ended) complete(stream, *ended);
}

void Loop::accept() {
  for (int i = 0; i < kAcceptBatch; ++i) {
    Fd socket{::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
    if (!socket) {
      if (errno == EAGAIN) {
        has_arrivals_ = false;
        return;
      }
      if (is_resource_shortage(errno)) return pause_accepting();
      continue;  // any other error is that of a connection which is already gone (accept(2))
    }
    ++report_.completions;
    if (std::unique_ptr<Task> task = job_.acceptor->accepted(lane_)) {
      start_accepted(std::move(task), std::move(socket));
      if (accept_again_at_ != kNever) return;
    }
  }
}

void Loop::pause_accepting() {
  ++report_.accept_pauses;
  accept_again_at_ = now() + kAcceptPause;
}

// What has to wait for others ends with them: a file operation with the pool's thread, a Gather
// with its children. Backwards, since a task that finishes gives its place to the last one; with it
// its children may go, too.
void Loop::stop_all() {
  is_stopping_ = true;
  is_accepting_ = false;
  has_arrivals_ = false;
  accept_again_at_ = kNever;
  for (std::size_t i = running_.size(); i-- > 0;) {
    if (i >= running_.size()) continue;
    Stream& stream = *running_[i];
    switch (stream.waits) {
      case Waits::connect:
        close(stream, false);
        [[fallthrough]];
      case Waits::receive:
      case Waits::send:
      case Waits::sleep:
        complete(stream, failed(std::errc::operation_canceled));
        break;
      default:
        break;
    }
  }
}

}  // namespace asyncbench::reactor
