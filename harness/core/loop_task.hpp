// What event loops keep for one task.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/file_pool.hpp"
#include "core/op.hpp"
#include "core/receive_buffers.hpp"
#include "core/task.hpp"
#include "core/timer_queue.hpp"

namespace asyncbench {

// What an operation under way waits for. `nothing`: the task runs, has finished, or has its next
// turn to come. `backlog`: for a Unix socket's peer to have room, see EventLoop::await_backlog().
enum class Waits : std::uint8_t {
  nothing,
  connect,
  backlog,
  receive,
  send,
  sleep,
  file,
  exchange,
  children
};

// What a loop keeps for one task; loops add their stream to it. Lives in Task::state: while the
// task runs; for a gathered child, until its owner has finished.
struct LoopTask : TaskState, Timer {
  explicit LoopTask(Task& of) : task(&of) {}

  Waits waits = Waits::nothing;
  std::uint32_t unfinished_children = 0;
  std::uint32_t index = 0;  // in EventLoop::running_
  Task* task;
  ReceiveBuffers::Buffer lent;                   // what the task received, while it may look at it
  Op wanted = op::Finish{};                      // what waits, where needed; if nothing, what next
  std::unique_ptr<Task> owned;                   // the task of an accepted connection
  LoopTask* parent = nullptr;                    // whose Gather this run belongs to
  std::unique_ptr<std::vector<Task*>> children;  // that belong to this task
};

// A task's file operation in a pool's hands, see EventLoop::perform_by().
struct FileWait : FileWork {
  LoopTask* task = nullptr;
};

}  // namespace asyncbench
