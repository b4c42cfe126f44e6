// A task: a state machine that says what I/O it wants next and does none itself.
#pragma once

#include <memory>

#include "core/op.hpp"

namespace asyncbench {

// What a strategy keeps beside a task (its stream, timer and buffers); it dies with the task.
class TaskState {
 public:
  virtual ~TaskState() = default;
};

// Called by one thread at a time, though not always by the same one; a strategy orders the calls.
// Tasks never throw and never block.
class Task {
 public:
  virtual ~Task() = default;

  // The first operation of a run. `lane` says where to record (see Job::lanes); it stays the
  // task's own for the run.
  virtual Op start(unsigned lane) = 0;

  // The operation that was returned last has ended; answers with the next. After a stop, a task
  // gets operation_canceled for everything but Close, CloseFile and Finish, and finishes.
  virtual Op resume(const Completion& ended) = 0;

  // The strategy's slot. Tasks leave it alone.
  std::unique_ptr<TaskState> state;
};

}  // namespace asyncbench
