// What a loop keeps for one task, and how the task is run: by callbacks, or as a coroutine.
#pragma once

#include <memory>
#include <variant>

#include "core/driven_task.hpp"
#include "core/file_pool.hpp"
#include "core/receive_buffers.hpp"
#include "net.hpp"

namespace asyncbench::asio_loop {

class Loop;

struct Stream : DrivenTask {
  Stream(Loop& its_loop, Task& its_task);

  // Runs the task from its start.
  virtual void start() = 0;

  // What the task waited for has ended. The stream may be gone on return.
  virtual void resume(const Completion& ended) = 0;

  // The task has begun to wait for what only Asio can bring: its connect, receive or send, the
  // transfer of a file, its turn. Starts that operation, unless the task is a coroutine, which
  // awaits it by itself. `wanted` holds the operation, except for a receive.
  virtual void begin_wait() {}

  Protocol::endpoint peer() const;     // of the pending Connect
  net::mutable_buffer buffer() const;  // of the pending Receive
  net::const_buffer rest() const;      // what the kernel has not taken of the pending Send

  Loop& loop;
  Socket socket;
  ReceiveBuffers::Buffer lent;     // for what the task receives, and while it may look at it
  std::unique_ptr<FileWait> file;  // from the first operation that file threads performed
  bool is_given_up = false;        // the pending operation has been cancelled
};

// Makes the stream of a task.
using MakeStream = std::unique_ptr<Stream> (*)(Loop& loop, Task& task);

// The handler of an operation goes on with the task.
std::unique_ptr<Stream> make_callback_stream(Loop& loop, Task& task);

// A coroutine awaits one operation of the task after the other.
std::unique_ptr<Stream> make_coroutine_stream(Loop& loop, Task& task);

}  // namespace asyncbench::asio_loop
