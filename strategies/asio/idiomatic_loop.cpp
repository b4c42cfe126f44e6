#include "idiomatic_loop.hpp"

#include <fcntl.h>
#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <exception>
#include <utility>
#include <vector>

#include "core/fd.hpp"
#include "core/task_driver.hpp"

namespace asyncbench::asio_idiomatic {

namespace {

constexpr auto kAwait = net::as_tuple(net::use_awaitable);

// Of the job that this thread works for.
thread_local std::uint64_t begun_here = 0;

void rethrow(const std::exception_ptr& failure) {
  if (failure) std::rethrow_exception(failure);
}

// A duplicate is listened on, since Asio closes what it holds, and the acceptor's socket is lent.
net::basic_socket_acceptor<Protocol> listening_on(const net::any_io_executor& executor, int lent) {
  Fd copy(fcntl(lent, F_DUPFD_CLOEXEC, 0));
  int family = 0;
  int protocol = 0;
  socklen_t size = sizeof(int);
  if (!copy || getsockopt(lent, SOL_SOCKET, SO_DOMAIN, &family, &size) != 0 ||
      getsockopt(lent, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) != 0) {
    throw boost::system::system_error(errno, boost::system::system_category(), "listening socket");
  }
  net::basic_socket_acceptor<Protocol> listener(executor, {family, protocol}, copy.get());
  copy.release();
  return listener;
}

}  // namespace

Loop::Loop(Job& job, unsigned lane)
    : job_(job), is_shared_(false), accepts_for_(lane), context_(1) {
  start(lane, job.threads);
}

Loop::Loop(Job& job) : job_(job), is_shared_(true), accepts_for_(0) { start(0, 1); }

// Nothing runs before run().
void Loop::start(unsigned first, unsigned step) {
  if (job_.acceptor != nullptr) {
    acceptor_.emplace(listening_on(accepting_, job_.acceptor->socket(first)));
    net::co_spawn(accepting_, accept_all(), rethrow);
  }
  for (std::size_t i = first; i < job_.tasks.size(); i += step) {
    const auto lane = static_cast<unsigned>(i % job_.threads);
    spawn(std::make_shared<Session>(*this, *job_.tasks[i], new_executor(), lane), {});
  }
}

net::any_io_executor Loop::new_executor() {
  if (is_shared_) return net::make_strand(context_);
  return context_.get_executor();
}

void Loop::run(unsigned lane) {
  LaneReport& report = job_.lanes[lane];
  begun_here = 0;
  {
    const asio_loop::CountsWaits counts(report);
    context_.run();
  }
  if (is_shared_) report.counters["requests"] = begun_here;
}

// Not inlined: a coroutine may go on in another thread, and must not know the address of this one's
// variables.
[[gnu::noinline]] void Loop::count(OpKind ended) {
  ++asio_loop::waiting_lane->completions;
  if (ended == OpKind::begin) ++begun_here;
}

void Loop::stop() {
  if (is_stopping_.exchange(true)) return;
  net::post(accepting_, [this] { cancel_all(); });
}

// A session that is not among those that run has yet to see that it is to stop.
void Loop::cancel_all() {
  error_code ignored;
  if (acceptor_) acceptor_->cancel(ignored);
  pause_.cancel();
  const std::lock_guard lock(mutex_);
  for (Session* const session : running_) {
    net::post(session->executor(), [weak = session->weak_from_this()] {
      if (const std::shared_ptr<Session> self = weak.lock()) self->cancel();
    });
  }
}

Time Loop::expiry(Time due) const {
  if (job_.slack == Duration::zero() || due >= kNever - job_.slack) return due;
  const Duration since = due.time_since_epoch();
  const Duration past = since % job_.slack;
  return past == Duration::zero() ? due : due + (job_.slack - past);
}

void Loop::spawn(std::shared_ptr<Session> session, std::function<void()> ended) {
  const net::any_io_executor executor = session->executor();
  net::co_spawn(executor, drive(std::move(session), std::move(ended)), rethrow);
}

// A session is in running_ while this lives.
class Loop::Running {
 public:
  Running(Loop& loop, Session& session) : loop_(loop), session_(session) {
    const std::lock_guard lock(loop_.mutex_);
    loop_.running_.insert(&session_);
  }
  ~Running() {
    const std::lock_guard lock(loop_.mutex_);
    loop_.running_.erase(&session_);
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

 private:
  Loop& loop_;
  Session& session_;
};

// A child's stream outlives its run, for the next one.
net::awaitable<void> Loop::drive(std::shared_ptr<Session> session, std::function<void()> ended) {
  {
    const Running running(*this, *session);
    co_await session->run();
  }
  if (ended) {
    ended();
  } else {
    session->close();
  }
}

// The frame keeps the task for as long as the session needs it.
net::awaitable<void> Loop::serve([[maybe_unused]] std::unique_ptr<Task> task,
                                 std::shared_ptr<Session> session) {
  co_await drive(std::move(session), {});
}

net::awaitable<void> Loop::accept_all() {
  while (!is_stopping()) {
    const net::any_io_executor executor = new_executor();
    auto [error, socket] = co_await acceptor_->async_accept(executor, kAwait);
    if (is_resource_shortage(error.value())) {
      ++asio_loop::waiting_lane->accept_pauses;
      pause_.expires_after(kAcceptPause);
      co_await pause_.async_wait(kAwait);
    }
    // Any other error is that of a connection which is already gone (accept(2)), or the stop.
    if (error || is_stopping()) continue;
    count(OpKind::accept);
    std::unique_ptr<Task> task = job_.acceptor->accepted(accepts_for_);
    if (!task) continue;
    auto session = std::make_shared<Session>(*this, *task, executor, accepts_for_);
    session->adopt(std::move(socket));
    net::co_spawn(executor, serve(std::move(task), std::move(session)), rethrow);
    if (is_shared_) accepts_for_ = (accepts_for_ + 1) % job_.threads;
  }
}

}  // namespace asyncbench::asio_idiomatic
