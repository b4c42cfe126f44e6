// One event loop over poll(2). Its shape is the shape of any event loop here: try what the task
// wants; if that would block, wait for readiness or for the deadline, and try again.
#pragma once

#include <poll.h>

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "core/fd.hpp"
#include "core/job.hpp"

namespace asyncbench::polling {

// A task, and what the strategy keeps for it. Where an operation leads to its task by pointer, as
// Gather does, such a struct lives in Task::state instead.
struct Connection {
  Task* task;
  Op wanted;                            // the operation in progress
  Fd fd;                                // the task's one stream
  bool connecting = false;              // Connect has begun
  std::size_t sent = 0;                 // bytes of Send that the kernel has taken
  std::unique_ptr<Task> owned;          // accepted tasks belong to the strategy until their Finish
  std::unique_ptr<std::byte[]> buffer;  // Receive::data points here until the next Receive
};

// One loop: one thread, one lane, its tasks and its listening socket.
class Loop {
 public:
  // Takes every Job::threads-th task, from `lane` on.
  Loop(Job& job, unsigned lane);

  // Ends when all tasks have finished and, for servers, the stop has come.
  void run();

  // The hard stop; from any thread.
  void stop();

 private:
  // How an operation ended, or nullopt when it has to wait.
  using Attempt = std::optional<Completion>;

  // Waits once and carries on with whatever can go on.
  void turn();
  void wait(Time until);
  void accept();

  // Performs the task's operations until one has to wait.
  void advance(Connection& connection);
  Attempt attempt(Connection& connection);
  Attempt perform(Connection& connection, const op::Begin& begin);
  Attempt perform(Connection& connection, const op::Connect& connect);
  Attempt perform(Connection& connection, const op::Receive& receive);
  Attempt perform(Connection& connection, const op::Send& send);
  Attempt perform(Connection& connection, const op::Close& close);
  Attempt perform(Connection& connection, const op::Sleep& sleep);
  // What supports() denies is answered all the same.
  Attempt perform(Connection&, const auto&) { return failed(std::errc::operation_not_supported); }

  Job& job_;
  unsigned lane_;
  LaneReport& report_;
  Fd wake_;
  std::atomic<bool> is_stopped_ = false;
  int listener_ = -1;
  Time accept_from_ = kNever;  // the end of a pause in accepting
  std::vector<Connection> connections_;
  std::vector<pollfd> polled_;  // the stop, the listener, then one a connection
};

}  // namespace asyncbench::polling
