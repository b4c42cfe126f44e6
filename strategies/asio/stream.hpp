// The stream of one task, and the task's way through its operations.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "core/endpoint.hpp"
#include "core/task.hpp"
#include "handler_memory.hpp"
#include "loop.hpp"

namespace asyncbench::asio_loop {

// Lives in Task::state while the task runs. One operation at a time is pending.
class Stream final : public TaskState, public Waiter {
 public:
  // `owned` is set when the strategy owns the task, that of an accepted connection.
  Stream(Loop& loop, Task& task, std::unique_ptr<Task> owned, Socket socket);
  ~Stream() override;

  // Performs `op` and what the task wants after it, until something has to be waited for.
  // The stream may be gone on return.
  void drive(Op op);

  // The hard stop: the pending operation ends with operation_canceled, perhaps in this call.
  // The stream may be gone on return.
  void cancel();

  // The deadline or the sleep that is pending has come to its end.
  void expired() override;

  // Closes the socket, so that no operation is pending any more.
  void abandon();

  Task& task() { return task_; }
  std::unique_ptr<Task> release_task() { return std::move(owned_); }

  std::size_t index = 0;  // in the loop's list

 private:
  enum class Pending : std::uint8_t { none, turn, sleep, connect, receive, send };

  // What ended at once; nullopt: the operation is pending, or was the last.
  using Ended = std::optional<Completion>;

  Ended perform(const Op& op);
  Ended connect(const op::Connect& op);
  Ended receive(const op::Receive& op);
  Ended send(const op::Send& op);
  Ended close(const op::Close& op);
  Ended sleep(const op::Sleep& op);

  void yield_turn(Op op);
  void send_rest();
  void wait(Pending pending, Time deadline);
  void end(const Completion& completion);
  void ended(const error_code& error, Completion completion);
  Completion failure(const error_code& error) const;

  template <class Handler>
  auto with_memory(Handler handler);

  Loop& loop_;
  Task& task_;
  std::unique_ptr<Task> owned_;
  Socket socket_;
  std::unique_ptr<std::byte[]> buffer_;  // of kReceiveBytes, from the first Receive on
  std::span<const std::byte> rest_;      // what the kernel has not taken of the pending Send
  Op next_ = op::Finish{};               // while pending_ is turn
  std::uint64_t last_wakeup_ = 0;
  Pending pending_ = Pending::none;
  bool timed_out_ = false;  // the pending operation was cancelled by its deadline
  HandlerMemory memory_;
};

}  // namespace asyncbench::asio_loop
