// The stream of one task, and what every way of running the task has in common.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/endpoint.hpp"
#include "core/file_pool.hpp"
#include "core/task.hpp"
#include "loop.hpp"

namespace asyncbench::asio_loop {

// Operations that may end at once, one after the other, before other tasks get a turn.
inline constexpr int kTurnLength = 64;

// Lives in Task::state while the task runs, a gathered child's until its parent finishes. One
// operation at a time is pending. What derives from it decides how the task goes on after a wait:
// in a handler, or as a coroutine.
class Stream : public TaskState, public Waiter {
 public:
  // `owned` is set when the strategy owns the task, that of an accepted connection; `parent` for
  // the child of a Gather.
  Stream(Loop& loop, Task& task, std::unique_ptr<Task> owned, Stream* parent);
  ~Stream() override;

  // Runs the task from its start. The stream may be gone on return.
  virtual void begin() = 0;

  // Takes the socket of a connection that has been accepted.
  void adopt(Socket accepted) { socket_ = std::move(accepted); }

  // The hard stop: the pending operation ends with operation_canceled, perhaps in this call.
  // The stream may be gone on return.
  void cancel();

  // The deadline or the sleep that is pending has come to its end.
  void expired() final;

  // The lane's file threads have performed `work`, the pending operation of its stream.
  static void file_ended(FileWork& work);

  // One of the children has finished its run.
  void child_finished();

  // Ends the streams of all children; none runs.
  void close_children();

  Task& task() { return task_; }
  Stream* parent() const { return parent_; }
  std::unique_ptr<Task> release_task() { return std::move(owned_); }

  std::size_t index = Loop::kNotRunning;  // in the loop's list

 protected:
  enum class Pending : std::uint8_t {
    none,
    turn,
    sleep,
    connect,
    backlog,
    receive,
    send,
    file,
    children
  };

  // What ended at once; nullopt: the operation is pending, and pending() says what has to be waited
  // for. Any operation but Finish.
  std::optional<Completion> attempt(const Op& op);

  // A wait that is not one of Asio's has ended: any but connect, receive, send, and file where Asio
  // performs it. The stream may be gone on return.
  virtual void end_wait(const Completion& completion) = 0;

  // What the end of an operation of Asio's means for the task. After sent() without a completion,
  // rest() has still to be sent.
  Completion connected(const error_code& error);
  Completion received(const error_code& error, std::size_t size);
  std::optional<Completion> sent(const error_code& error, std::size_t size);
  Completion transferred(const error_code& error, std::size_t size);  // of a file

  // Keeps `op` through a wait, in which the task's own copy is gone.
  void keep(const Op& op) { work_.op = op; }
  const Op& kept() const { return work_.op; }
  void submit_kept() { loop_.files().submit(work_); }

  Loop& loop() { return loop_; }
  Socket& socket() { return socket_; }
  Pending pending() const { return pending_; }
  void set_pending(Pending pending) { pending_ = pending; }
  net::mutable_buffer buffer() { return {buffer_.get(), kReceiveBytes}; }
  net::const_buffer rest() const { return {rest_.data(), rest_.size()}; }

 private:
  struct Work : FileWork {
    explicit Work(Stream& of) : stream(of) {}
    Stream& stream;
  };

  std::optional<Completion> connect(const op::Connect& connecting);
  std::optional<Completion> connect_unix(const op::Connect& connecting);
  std::optional<Completion> receive(const op::Receive& receiving);
  std::optional<Completion> send(const op::Send& sending);
  std::optional<Completion> close(const op::Close& closing);
  std::optional<Completion> sleep(const op::Sleep& sleeping);
  std::optional<Completion> gather(const op::Gather& gathering);

  void wait(Pending pending, Time deadline);
  Completion settle(const error_code& error, Completion completion);
  Completion settle(Completion completion);
  void close_socket();

  Loop& loop_;
  Task& task_;
  std::unique_ptr<Task> owned_;
  Stream* const parent_;
  Socket socket_;
  std::unique_ptr<std::byte[]> buffer_;  // of kReceiveBytes, from the first Receive on
  std::span<const std::byte> rest_;      // what the kernel has not taken of the pending Send
  std::vector<Task*> children_;          // all that this task has gathered
  std::size_t running_children_ = 0;
  Work work_{*this};
  Pending pending_ = Pending::none;
  bool timed_out_ = false;  // the pending operation was cancelled by its deadline
};

// The address that an operation connects to.
Protocol::endpoint endpoint_of(const op::Connect& connecting);

}  // namespace asyncbench::asio_loop
