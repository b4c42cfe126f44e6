// An io_context of `asio:idiomatic` or `asio:shared_context`, and a coroutine for each task.
#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_set>

#include "core/job.hpp"
#include "idiomatic_session.hpp"

namespace asyncbench::asio_idiomatic {

class Loop {
 public:
  // Of one lane, whose thread alone runs it. Throws boost::system::system_error.
  Loop(Job& job, unsigned lane);

  // Of all lanes, whose threads all run it. Each task has a strand, on which its children run, too.
  // Throws boost::system::system_error.
  explicit Loop(Job& job);

  // Runs the tasks, and those of accepted connections, until all have finished: by the thread of
  // its lane, or by the thread of each lane.
  void run(unsigned lane);

  // From any thread: the hard stop.
  void stop();

  // For the sessions. When a timer that is due then expires: each session has a timer of its own,
  // and those that may be late share a wake-up where they expire together, at the next multiple of
  // the job's slack.
  Time expiry(Time due) const;
  bool is_stopping() const { return is_stopping_.load(std::memory_order_relaxed); }
  // An operation of a task has ended, in this thread.
  static void count(OpKind ended);
  // Starts a run of the session's task; `ended` is called after its Finish, or is null.
  void spawn(std::shared_ptr<Session> session, std::function<void()> ended);

 private:
  class Running;

  void start(unsigned first, unsigned step);
  net::any_io_executor new_executor();
  net::awaitable<void> drive(std::shared_ptr<Session> session, std::function<void()> ended);
  net::awaitable<void> accept_all();
  net::awaitable<void> serve(std::unique_ptr<Task> task, std::shared_ptr<Session> session);
  void cancel_all();

  Job& job_;
  const bool is_shared_;
  unsigned accepts_for_;  // the lane of the next accepted connection
  std::atomic<bool> is_stopping_ = false;
  // Outlive the context, and with it the coroutines that are in the set.
  std::mutex mutex_;  // guards running_
  std::unordered_set<Session*> running_;
  net::io_context context_;
  const net::any_io_executor accepting_ = new_executor();  // for what follows
  std::optional<net::basic_socket_acceptor<Protocol>> acceptor_;
  net::steady_timer pause_{accepting_};  // of accepting, for lack of resources
};

}  // namespace asyncbench::asio_idiomatic
