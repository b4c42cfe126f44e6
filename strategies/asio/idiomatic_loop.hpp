// One lane of `asio:idiomatic`: an io_context, and a coroutine for each task.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_set>

#include "core/job.hpp"
#include "idiomatic_session.hpp"

namespace asyncbench::asio_idiomatic {

class Loop {
 public:
  // Throws boost::system::system_error.
  Loop(Job& job, unsigned lane);

  // Runs the lane's tasks, and those of the connections it accepts, until all have finished.
  void run();

  // From any thread: the hard stop.
  void stop();

  // For the sessions.
  unsigned lane() const { return lane_; }
  LaneReport& report() { return job_.lanes[lane_]; }

  // When a timer that is due then expires. Each session has a timer of its own, and those that may
  // be late share a wake-up where they expire together: at the next multiple of the job's slack.
  Time expiry(Time due) const;
  bool is_stopping() const { return is_stopping_; }
  net::io_context& context() { return context_; }
  // Starts a run of the session's task; `ended` is called after its Finish, or is null.
  void spawn(std::shared_ptr<Session> session, std::function<void()> ended);

 private:
  net::awaitable<void> drive(std::shared_ptr<Session> session, std::function<void()> ended);
  net::awaitable<void> accept_all();
  net::awaitable<void> serve(std::unique_ptr<Task> task, Socket socket);
  void cancel_all();

  Job& job_;
  const unsigned lane_;
  bool is_stopping_ = false;
  net::io_context context_{1};  // one thread runs it
  std::unordered_set<Session*> running_;
  std::optional<net::basic_socket_acceptor<Protocol>> acceptor_;
  net::steady_timer pause_{context_};  // of accepting, for lack of resources
};

}  // namespace asyncbench::asio_idiomatic
