// Where the threads come from that drive a run's tasks: what tells the thread strategies apart. The
// pool is in thread_pool.hpp.
#pragma once

#include <pthread.h>
#include <semaphore.h>

#include <cerrno>
#include <cstddef>

#include "core/time.hpp"

namespace asyncbench::threads {

class ThreadedTask;

// A blocking call needs little stack; small ones are cheap to map, so that 10,000 fit. Sanitizers
// enlarge frames.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr std::size_t kStackBytes = 512 * 1024;
#else
inline constexpr std::size_t kStackBytes = 64 * 1024;
#endif

// The attributes of the threads here.
class SmallThread {
 public:
  // PTHREAD_CREATE_JOINABLE or PTHREAD_CREATE_DETACHED.
  explicit SmallThread(int detach_state) {
    pthread_attr_init(&attributes_);
    pthread_attr_setdetachstate(&attributes_, detach_state);
    pthread_attr_setstacksize(&attributes_, kStackBytes);
  }
  ~SmallThread() { pthread_attr_destroy(&attributes_); }
  SmallThread(const SmallThread&) = delete;
  SmallThread& operator=(const SmallThread&) = delete;
  const pthread_attr_t* get() const { return &attributes_; }

 private:
  pthread_attr_t attributes_;
};

// Where a thread waits to be given a task. It lies on the waiting thread's stack, so
// whoever gives must not touch it again, and nothing is left to be freed. It is a POSIX semaphore
// because that goes to sleep at once (libstdc++'s spins and yields first, on a core that the other
// threads need), and because sem_post(3) may be the last to touch a semaphore that the woken thread
// destroys.
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

  // Whether somebody else waits for the task, and hands it over at `until` or when the descriptor
  // `readable` (-1: none) becomes readable. Otherwise the thread waits itself.
  virtual bool waits_elsewhere(ThreadedTask& task, int readable, Time until) = 0;

  // Whether a thread that has driven a child stays with its family for the next Gather.
  virtual bool keeps_helpers() const = 0;
};

// When a task goes on in a fresh thread.
enum class FreshThread { for_every_begin, for_every_task };

// Threads are detached. Each task in flight has exactly one thread that may touch the run. After a
// hand-over that is the new one, and the old one ends without touching anything. Counting tasks
// therefore counts the threads that matter.
// A child is a task: it gets a thread when it is gathered. With one thread a task, the threads of a
// family stay with it from one Gather to the next, as its connections do, so that a gateway creates
// no thread for a request. None of these threads belongs to a certain child.
class FreshThreads final : public Workforce {
 public:
  explicit FreshThreads(FreshThread when) : when_(when) {}

  int hand_over(ThreadedTask& task) override;
  bool begins_elsewhere(ThreadedTask& task) override;
  Time receive_patience() override { return kNever; }
  bool waits_elsewhere(ThreadedTask&, int, Time) override { return false; }
  bool keeps_helpers() const override { return when_ == FreshThread::for_every_task; }

 private:
  FreshThread when_;
};

}  // namespace asyncbench::threads
