// One event loop over poll(2): what concerns sockets and files, and the waiting. The rest is what
// event loops have in common (core/event_loop.hpp).
#pragma once

#include <poll.h>

#include <memory>
#include <vector>

#include "core/event_loop.hpp"
#include "core/fd.hpp"
#include "core/file_pool.hpp"
#include "core/loop_descriptors.hpp"

namespace asyncbench::polling {

// What the strategy keeps beside a task.
struct Connection final : LoopTask {
  using LoopTask::LoopTask;

  Fd fd;                           // the task's one stream
  std::unique_ptr<FileWait> file;  // from the first file operation that blocked
};

// One loop: one thread, one lane, its tasks and its listening socket.
class Loop final : public EventLoop<Loop, Connection> {
 public:
  // Throws StrategyError when no descriptor is left.
  Loop(Job& job, unsigned lane);

  // Ends when all tasks have finished and, for servers, the stop has come.
  void run();

  // The hard stop; from any thread.
  void stop();

 private:
  friend class EventLoop<Loop, Connection>;

  // Waits once and carries on with whatever can go on.
  void turn();
  void wait();
  void go_on(Connection& connection);
  void woken();

  // Performs what a task wants, or park()s it.
  Attempt connect(Connection& connection, const op::Connect& wanted);
  Attempt receive(Connection& connection, const op::Receive& wanted);
  Attempt send(Connection& connection, op::Send wanted);
  Attempt file(Connection& connection, const Op& wanted);

  Completion connected(Connection& connection, int error);
  Attempt receive_now(Connection& connection);

  bool adopt(Connection& connection, Fd accepted);
  void abandon(Connection& connection);
  void close(Connection& connection, bool reset);
  void watch_listener(bool is_wanted) { is_listening_ = is_wanted; }

  WakeFd wake_;  // by the stop, and by the pool
  FilePool files_{[this] { wake_.wake(); }};
  bool is_listening_ = false;
  std::vector<pollfd> polled_;  // wake_, the listener, then one a running task
  std::vector<Connection*> have_news_;
};

}  // namespace asyncbench::polling
