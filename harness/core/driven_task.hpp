// What a task driver keeps for one task.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/file_pool.hpp"
#include "core/op.hpp"
#include "core/task.hpp"
#include "core/timer_queue.hpp"

namespace asyncbench {

// What a task waits for. From `connect` on, an operation is pending.
enum class Waits : std::uint8_t {
  start,    // it has not begun, or it has finished
  nothing,  // it runs
  turn,     // its next operation begins when others had their turn
  connect,
  backlog,  // for room in a Unix listener's queue, see TaskDriver::await_backlog()
  receive,
  send,
  sleep,
  file,
  exchange,
  children
};

inline bool is_pending(Waits waits) { return waits >= Waits::connect; }

// Loops derive their stream from it. It lives in Task::state: while the task runs; for a gathered
// child, until the task that gathered it first has finished.
struct DrivenTask : TaskState, Timer {
  explicit DrivenTask(Task& of) : task(&of) {}

  Waits waits = Waits::start;
  std::uint32_t unfinished_children = 0;
  std::uint32_t index = 0;  // in TaskDriver::running_
  Task* task;
  // The operation that begins with the task's turn, or one that is pending, where the loop needs it
  // until it ends.
  Op wanted = op::Finish{};
  std::unique_ptr<Task> owned;                   // the task of an accepted connection
  DrivenTask* parent = nullptr;                  // whose Gather this run belongs to
  std::unique_ptr<std::vector<Task*>> children;  // that belong to this task
};

// A task's file operation in a pool's hands, see TaskDriver::perform_by().
struct FileWait : FileWork {
  DrivenTask* task = nullptr;
};

}  // namespace asyncbench
