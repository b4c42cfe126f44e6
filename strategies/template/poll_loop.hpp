// One event loop over poll(2): how it waits. What concerns sockets and files is what such loops
// have in common (core/socket_driver.hpp), and the rest what all event loops have
// (core/task_driver.hpp).
#pragma once

#include <poll.h>

#include <vector>

#include "core/socket_driver.hpp"

namespace asyncbench::polling {

// What the strategy keeps beside a task.
struct Connection final : SocketTask {
  using SocketTask::SocketTask;
};

// One loop: one thread, one lane, its tasks and its listening socket. It ends when all tasks have
// finished and, for servers, the stop has come.
class Loop final : public SocketDriver<Loop, Connection> {
 public:
  using SocketDriver::SocketDriver;

 private:
  friend class TaskDriver<Loop, Connection>;
  friend class SocketDriver<Loop, Connection>;

  // Waits once and carries on with whatever can go on.
  void turn();
  void wait();
  void watch_listener(bool is_wanted) { is_listening_ = is_wanted; }

  bool is_listening_ = false;
  std::vector<pollfd> polled_;  // the wake-up, the listener, then one a running task
  std::vector<Connection*> have_news_;
};

}  // namespace asyncbench::polling
