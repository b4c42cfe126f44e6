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
#include "core/file_pool.hpp"
#include "core/job.hpp"

namespace asyncbench::polling {

// What the strategy keeps beside a task, from its first run to its end. It is its own FileWork:
// poll cannot wait for a file, so file operations that would block go through a pool of threads.
struct Connection final : TaskState, FileWork {
  explicit Connection(Task& of) : task(of) {}
  // A gathered child's stream ends with the task that gathered it.
  ~Connection() override {
    for (Task* const child : children) child->state.reset();
  }

  Task& task;
  Op wanted = op::Begin{};              // the operation in progress
  Fd fd;                                // the task's one stream
  bool connecting = false;              // Connect has begun
  std::size_t sent = 0;                 // bytes of Send that the kernel has taken
  std::unique_ptr<std::byte[]> buffer;  // Receive::data points here until the next Receive
  std::unique_ptr<Task> owned;          // accepted tasks belong to the strategy until their Finish

  enum class File { idle, in_pool, ended } file = File::idle;

  Connection* parent = nullptr;      // waits in Gather for this child's Finish
  bool gathering = false;            // Gather has begun
  std::size_t children_running = 0;  // of that Gather
  std::vector<Task*> children;       // whose streams end with this task

  bool due_next = false;  // in the list of those that go on in the next turn
  std::size_t place = 0;  // in the list of running ones
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

  Connection& start(Task& task);
  void finish(Connection& connection);
  // Goes on with the task in the next turn. Whatever ends here and now takes that way, too:
  // nothing nests, and nobody starves.
  void continue_soon(Connection& connection);

  // Performs the task's operations until one has to wait, or others must have their turn.
  void advance(Connection& connection);
  Attempt attempt(Connection& connection);
  Attempt perform(Connection& connection, const op::Begin& begin);
  Attempt perform(Connection& connection, const op::Connect& connect);
  Attempt perform(Connection& connection, const op::Receive& receive);
  Attempt perform(Connection& connection, const op::Send& send);
  Attempt perform(Connection& connection, const op::Close& close);
  Attempt perform(Connection& connection, const op::Sleep& sleep);
  Attempt perform(Connection& connection, const op::Gather& gather);
  // What supports() denies is answered all the same.
  Attempt perform(Connection&, const auto&) { return failed(std::errc::operation_not_supported); }
  Attempt perform_on_file(Connection& connection);

  Job& job_;
  unsigned lane_;
  unsigned lanes_;
  LaneReport& report_;
  Fd wake_;  // by the stop, and by the pool
  std::atomic<bool> is_stopped_ = false;
  int listener_ = -1;
  Time accept_from_ = kNever;  // the end of a pause in accepting
  std::vector<Connection*> running_;
  std::vector<Connection*> next_;  // those that go on without waiting
  std::vector<pollfd> polled_;     // wake_, the listener, then one a running task
  FilePool files_;
};

}  // namespace asyncbench::polling
