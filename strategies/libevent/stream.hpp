// What the loop keeps for one task.
#pragma once

#include <memory>

#include "base.hpp"
#include "core/fd.hpp"
#include "core/loop_task.hpp"

namespace asyncbench::libevent {

class Loop;

struct Stream final : LoopTask {
  using LoopTask::LoopTask;

  Fd socket;
  // Level-triggered. It stays in its base between two Receives, for taking it out and putting it
  // back are a system call each, until it brings news that nobody has asked for.
  Event event;
  Loop* loop = nullptr;            // for the event
  bool may_have_more = false;      // the last receive filled its buffer
  std::unique_ptr<FileWait> file;  // from the first file operation that blocked
};

}  // namespace asyncbench::libevent
