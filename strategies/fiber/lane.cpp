#include "lane.hpp"

#include <sys/socket.h>

#include <boost/fiber/fiber.hpp>
#include <boost/fiber/operations.hpp>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "core/assert.hpp"
#include "core/file_ops.hpp"
#include "core/fine_timers.hpp"
#include "core/socket_ops.hpp"
#include "core/strategy.hpp"
#include "scheduler.hpp"

namespace asyncbench::fiber {

namespace {

Session& session_of(Task& task) { return static_cast<Session&>(*task.state); }

}  // namespace

Lane::Lane(Job& job, unsigned lane)
    : job_(job),
      lane_(lane),
      report_(job.lanes[lane]),
      reactor_(job, report_, [this] { woken(); }),
      files_([this] { reactor_.wake(); }) {
  report_.granted = {"epoll", "timerfd"};
}

void Lane::run() {
  const FineTimers fine_timers;
  {
    const Scheduling scheduling(reactor_, report_);
    main_.fiber = boost::fibers::context::active();
    stop_if_asked();
    if (job_.acceptor != nullptr) spawn([this] { accept_all(); });
    start_tasks();
    while (fibers_ > 0) reactor_.wait(main_, Awaits::children, kNever);
  }
  if (failure_) std::rethrow_exception(failure_);
  must_hold(streams_.buffers.lent() == 0, "no task holds a receive buffer after its end");
  report_.counters["receives_in_vain"] = streams_.receives_in_vain;
  report_.counters["short_sends"] = streams_.short_sends;
  report_.counters["file_threads"] = files_.threads();
  report_.counters["file_tries_refused"] = files_.refusals();
  report_.counters["stacks"] = stacks_.size();
}

void Lane::start_tasks() {
  for (std::size_t i = lane_; i < job_.tasks.size() && !failure_; i += job_.threads) {
    Task& task = *job_.tasks[i];
    try {
      begin(add(task));
    } catch (...) {
      task.state.reset();
      fail(std::current_exception());
    }
  }
}

void Lane::stop() {
  stop_asked_ = true;
  reactor_.wake();
}

// A new fiber, which begins when it has its turn.
template <class Body>
void Lane::spawn(Body body) {
  boost::fibers::fiber(boost::fibers::launch::post, std::allocator_arg, PooledStack(stacks_),
                       [this, body] {
                         try {
                           body();
                         } catch (...) {
                           fail(std::current_exception());
                         }
                         if (--fibers_ == 0) reactor_.wake(main_, Woken::by_news);
                       })
      .detach();
  ++fibers_;
}

// A task that has failed finishes as others do, when no child runs.
void Lane::run_task(Session& session) {
  session.fiber = boost::fibers::context::active();
  try {
    drive(session);
  } catch (...) {
    fail(std::current_exception());
  }
  while (session.unfinished_children > 0) reactor_.wait(session, Awaits::children, kNever);
  finish(session);
}

void Lane::drive(Session& session) {
  Op next = session.task.start(lane_);
  int ended_at_once = 0;
  while (kind_of(next) != OpKind::finish) {
    if (must_give_way(ended_at_once, next)) {
      give_way();
      ended_at_once = 0;
    }
    const Completion ended = perform(session, next);
    ++report_.completions;
    ended_at_once = std::exchange(session.has_waited, false) ? 0 : ended_at_once + 1;
    next = session.task.resume(ended);
  }
}

// As TaskDriver::must_give_way(): between two requests, so that one that has begun ends without
// waiting for the turns of others; in the midst of one only if it is long.
bool Lane::must_give_way(int ended_at_once, const Op& next) const {
  if (ended_at_once >= kTurnLength) return true;
  return ended_at_once > 0 && giving_way_ > 0 && kind_of(next) == OpKind::begin;
}

void Lane::give_way() {
  ++giving_way_;
  boost::this_fiber::yield();
  --giving_way_;
}

Completion Lane::perform(Session& session, const Op& op) {
  const OpKind kind = kind_of(op);
  // What a task received stays its own while it returns Begin or Send.
  if (kind != OpKind::begin && kind != OpKind::send) session.take_back();
  if (reactor_.is_stopping() && !outlives_stop(kind)) return failed(std::errc::operation_canceled);
  switch (kind) {
    case OpKind::begin:
      return {};
    case OpKind::connect: {
      const auto& wanted = *std::get_if<op::Connect>(&op);
      return session.connect(*wanted.to, wanted.deadline);
    }
    case OpKind::receive:
      return session.receive(std::get_if<op::Receive>(&op)->deadline);
    case OpKind::send: {
      const auto& wanted = *std::get_if<op::Send>(&op);
      return session.send(wanted.bytes, wanted.deadline);
    }
    case OpKind::close:
      session.close(std::get_if<op::Close>(&op)->reset);
      return {};
    case OpKind::open:
    case OpKind::read:
    case OpKind::write:
    case OpKind::sync:
    case OpKind::close_file:
      return file(session, op);
    case OpKind::sleep:
      return sleep(session, *std::get_if<op::Sleep>(&op));
    case OpKind::gather:
      return gather(session, *std::get_if<op::Gather>(&op));
    default:
      return failed(std::errc::operation_not_supported);
  }
}

// What the page cache can do is done here and now; only what would block pays for a thread's two
// switches.
Completion Lane::file(Session& session, const Op& op) {
  if (const auto ended = files_.try_at_once(op)) return *ended;
  FileWait work;
  work.op = op;
  work.waiter = &session;
  files_.submit(work);
  reactor_.wait(session, Awaits::file, kNever);
  return reactor_.is_stopping() ? cancel_file_op(work.op, work.ended) : work.ended;
}

Completion Lane::sleep(Session& session, const op::Sleep& wanted) {
  if (reactor_.has_passed(wanted.until) || wanted.until <= now()) return {};
  const Woken woken = reactor_.wait(session, Awaits::time, wanted.until);
  return woken == Woken::by_stop ? failed(std::errc::operation_canceled) : Completion{};
}

Completion Lane::gather(Session& session, const op::Gather& wanted) {
  for (Task* const task : wanted.children) {
    // A child that was gathered before still has its stream.
    if (!task->state) {
      session.children.push_back(task);
      add(*task);
    }
    Session& child = session_of(*task);
    child.parent = &session;
    begin(child);
    ++session.unfinished_children;
  }
  while (session.unfinished_children > 0) reactor_.wait(session, Awaits::children, kNever);
  return reactor_.is_stopping() ? failed(std::errc::operation_canceled) : Completion{};
}

// Edges tell of arrivals, so what waits is accepted until there is nothing left; but not so much in
// a row that those who are served already would wait.
void Lane::accept_all() {
  accepting_.fiber = boost::fibers::context::active();
  const int listener = job_.acceptor->socket(lane_);
  accepts_unix_ = is_unix_socket(listener);
  set_blocking(listener, false);
  if (const int error = reactor_.watch_listener(accepting_, listener)) {
    throw StrategyError(std::string("epoll_ctl: ") + strerrorname_np(error));
  }
  for (int in_a_row = 0; !reactor_.is_stopping();) {
    if (in_a_row == kTurnLength) {
      in_a_row = 0;
      give_way();
      continue;
    }
    Fd socket{::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
    const int error = socket ? 0 : errno;
    if (error == EAGAIN) {
      in_a_row = 0;
      reactor_.wait(accepting_, Awaits::bytes, kNever);
    } else if (is_resource_shortage(error) || (socket && !begin_accepted(std::move(socket)))) {
      ++report_.accept_pauses;
      reactor_.wait(accepting_, Awaits::time, now() + kAcceptPause);
    } else {
      // Any other error is that of a connection which is already gone (accept(2)).
      ++in_a_row;
    }
  }
}

// False: there are no resources, and the connection has been closed.
bool Lane::begin_accepted(Fd socket) {
  ++report_.completions;
  std::unique_ptr<Task> task = job_.acceptor->accepted(lane_);
  if (!task) return true;
  Session& session = add(*task);
  if (session.adopt(std::move(socket), accepts_unix_) != 0) return false;
  begin(session);
  session.owned = std::move(task);
  return true;
}

Session& Lane::add(Task& task) {
  must_hold(task.state == nullptr, "a task that begins has no stream of an earlier run");
  auto session = std::make_unique<Session>(streams_, task);
  Session& added = *session;
  task.state = std::move(session);
  return added;
}

void Lane::begin(Session& session) {
  spawn([this, &session] { run_task(session); });
  session.index = running_.size();
  running_.push_back(&session);
}

void Lane::finish(Session& session) {
  session.take_back();
  discard_children(session);
  running_.back()->index = session.index;
  running_[session.index] = running_.back();
  running_.pop_back();
  if (Session* const parent = session.parent) {
    // The child keeps its stream for its next run.
    if (--parent->unfinished_children == 0 && parent->awaits == Awaits::children) {
      reactor_.wake(*parent, Woken::by_news);
    }
    return;
  }
  discard(session);
}

// Ends the stream, those of the children, and the task if it is the strategy's own.
void Lane::discard(Session& session) {
  discard_children(session);
  const std::unique_ptr<Task> owned = std::move(session.owned);  // outlives its stream
  session.close(false);
  session.task.state.reset();
}

void Lane::discard_children(Session& session) {
  for (Task* const child : std::exchange(session.children, {})) discard(session_of(*child));
}

// By the stop, or by the threads that perform file operations.
void Lane::woken() {
  files_.take_ended([this](FileWork& work) {
    reactor_.wake(*static_cast<FileWait&>(work).waiter, Woken::by_news);
  });
  stop_if_asked();
}

void Lane::stop_if_asked() {
  if (stop_asked_ && !reactor_.is_stopping()) cancel_all();
}

// What has to wait for others ends with them: a file operation with its system call, a Gather with
// its children.
void Lane::cancel_all() {
  reactor_.stop();
  const auto interrupt = [this](Waiter& waiter) {
    if (waiter.awaits == Awaits::bytes || waiter.awaits == Awaits::room ||
        waiter.awaits == Awaits::time) {
      reactor_.wake(waiter, Woken::by_stop);
    }
  };
  interrupt(accepting_);
  for (Session* const session : running_) interrupt(*session);
}

void Lane::fail(std::exception_ptr why) {
  if (!failure_) failure_ = std::move(why);
  if (!reactor_.is_stopping()) cancel_all();
}

}  // namespace asyncbench::fiber
