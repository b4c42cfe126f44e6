// What the loop keeps for one task.
#pragma once

#include <uv.h>

#include <memory>

#include "core/driven_task.hpp"
#include "core/fd.hpp"
#include "core/receive_buffers.hpp"

namespace asyncbench::libuv {

struct Socket;

struct Stream final : DrivenTask {
  using DrivenTask::DrivenTask;

  Socket* socket = nullptr;
  // Whether libuv watches for something to read. It goes on between two Receives, for stopping and
  // starting are a system call each, until something comes that nobody has asked for.
  bool is_reading = false;
  ReceiveBuffers::Buffer lent;    // what the task received, while it may look at it
  Fd unsent;                      // the connection after a Send was given up, until its Close
  std::unique_ptr<uv_fs_t> file;  // from the first file operation on
};

}  // namespace asyncbench::libuv
