#include "idiomatic_loop.hpp"

#include <fcntl.h>
#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
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

void rethrow(const std::exception_ptr& failure) {
  if (failure) std::rethrow_exception(failure);
}

// A duplicate is listened on, since Asio closes what it holds, and the acceptor's socket is lent.
net::basic_socket_acceptor<Protocol> listening_on(net::io_context& context, int lent) {
  Fd copy(fcntl(lent, F_DUPFD_CLOEXEC, 0));
  int family = 0;
  int protocol = 0;
  socklen_t size = sizeof(int);
  if (!copy || getsockopt(lent, SOL_SOCKET, SO_DOMAIN, &family, &size) != 0 ||
      getsockopt(lent, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) != 0) {
    throw boost::system::system_error(errno, boost::system::system_category(), "listening socket");
  }
  net::basic_socket_acceptor<Protocol> listener(context, {family, protocol}, copy.get());
  copy.release();
  return listener;
}

}  // namespace

Loop::Loop(Job& job, unsigned lane) : job_(job), lane_(lane) {
  if (job.acceptor != nullptr) {
    acceptor_.emplace(listening_on(context_, job.acceptor->socket(lane)));
  }
}

void Loop::run() {
  if (acceptor_) net::co_spawn(context_, accept_all(), rethrow);
  for (std::size_t i = lane_; i < job_.tasks.size(); i += job_.threads) {
    spawn(std::make_shared<Session>(*this, *job_.tasks[i]), {});
  }
  const asio_loop::CountsWaits counts(report());
  context_.run();
}

void Loop::stop() {
  net::post(context_, [this] {
    if (!std::exchange(is_stopping_, true)) cancel_all();
  });
}

void Loop::cancel_all() {
  error_code ignored;
  if (acceptor_) acceptor_->cancel(ignored);
  pause_.cancel();
  for (Session* const session : running_) session->cancel();
}

Time Loop::expiry(Time due) const {
  if (job_.slack == Duration::zero() || due >= kNever - job_.slack) return due;
  const Duration since = due.time_since_epoch();
  const Duration past = since % job_.slack;
  return past == Duration::zero() ? due : due + (job_.slack - past);
}

void Loop::spawn(std::shared_ptr<Session> session, std::function<void()> ended) {
  net::co_spawn(context_, drive(std::move(session), std::move(ended)), rethrow);
}

// A child's stream outlives its run, for the next one.
net::awaitable<void> Loop::drive(std::shared_ptr<Session> session, std::function<void()> ended) {
  running_.insert(session.get());
  co_await session->run();
  running_.erase(session.get());
  if (ended) {
    ended();
  } else {
    session->close();
  }
}

net::awaitable<void> Loop::serve(std::unique_ptr<Task> task, Socket socket) {
  const auto session = std::make_shared<Session>(*this, *task);
  session->adopt(std::move(socket));
  co_await drive(session, {});
}

net::awaitable<void> Loop::accept_all() {
  while (!is_stopping_) {
    auto [error, socket] = co_await acceptor_->async_accept(kAwait);
    if (is_resource_shortage(error.value())) {
      ++report().accept_pauses;
      pause_.expires_after(kAcceptPause);
      co_await pause_.async_wait(kAwait);
    }
    // Any other error is that of a connection which is already gone (accept(2)), or the stop.
    if (error || is_stopping_) continue;
    ++report().completions;
    std::unique_ptr<Task> task = job_.acceptor->accepted(lane_);
    if (task) net::co_spawn(context_, serve(std::move(task), std::move(socket)), rethrow);
  }
}

}  // namespace asyncbench::asio_idiomatic
