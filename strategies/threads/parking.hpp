// Where a thread waits to be given a task.
#pragma once

#include <semaphore.h>

#include <cerrno>

namespace asyncbench::threads {

class ThreadedTask;

// Lives on the waiting thread's stack: whoever gives must not touch it again, and nothing is left
// to be freed. A POSIX semaphore, because it goes to sleep at once (libstdc++'s spins and yields
// first, on a core that the other threads need) and because its sem_post(3) may be the last to
// touch a semaphore that the woken thread destroys.
class Parking {
 public:
  Parking() { sem_init(&given_, 0, 0); }
  ~Parking() { sem_destroy(&given_); }
  Parking(const Parking&) = delete;
  Parking& operator=(const Parking&) = delete;

  // Wakes the thread to drive the task; null: to end.
  void give(ThreadedTask* task) {
    task_ = task;
    sem_post(&given_);
  }

  ThreadedTask* wait() {
    while (sem_wait(&given_) != 0 && errno == EINTR) {
    }
    return task_;
  }

 private:
  sem_t given_;
  ThreadedTask* task_ = nullptr;
};

}  // namespace asyncbench::threads
