// Where the threads come from that drive a run's tasks: what tells the thread strategies apart.
#pragma once

#include "core/time.hpp"

namespace asyncbench::threads {

class ThreadedTask;

// Called by the thread that drives the task in question, or by the one that starts it. Once a task
// has been handed over, its former thread must not touch it again: it may have finished.
class Workforce {
 public:
  virtual ~Workforce() = default;

  // Has another thread go on with the task: 0. Otherwise the errno of pthread_create, and the task
  // is still the caller's.
  virtual int hand_over(ThreadedTask& task) = 0;

  // A request begins, and the thread has already worked for the task: whether the task has been
  // handed over. Otherwise it goes on here.
  virtual bool begins_elsewhere(ThreadedTask& task) = 0;

  // Until when a thread may itself wait in a Receive. kNever: as long as the operation may.
  virtual Time receive_patience() = 0;

  // Whether somebody else waits for the task and hands it over at `until`, or when the descriptor
  // `readable` (-1: none) is that. Otherwise the thread waits itself.
  virtual bool waits_elsewhere(ThreadedTask& task, int readable, Time until) = 0;

  // Whether a thread that has driven a child stays with its family for the next Gather.
  virtual bool keeps_helpers() const = 0;
};

}  // namespace asyncbench::threads
