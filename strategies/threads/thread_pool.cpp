#include "thread_pool.hpp"

#include "core/assert.hpp"
#include "threaded_task.hpp"

namespace asyncbench::threads {

ThreadPool::ThreadPool(unsigned workers_max, Duration slack, const StopSignal& stop)
    : workers_max_(workers_max),
      // hand_over() fails only without a single worker, and the task that waits has had one.
      poller_(stop, slack, [this](Waiting& over) { hand_over(static_cast<ThreadedTask&>(over)); }) {
}

ThreadPool::~ThreadPool() {
  {
    const std::lock_guard lock(mutex_);
    must_hold(queue_.empty(), "no task waits for a worker when the pool ends");
    closing_ = true;
    for (Parking* const worker : idle_) worker->give(nullptr);
  }
  for (const pthread_t worker : workers_) pthread_join(worker, nullptr);
}

int ThreadPool::hand_over(ThreadedTask& task) {
  std::unique_lock lock(mutex_);
  if (!idle_.empty()) {
    Parking& worker = *idle_.back();
    idle_.pop_back();
    lock.unlock();
    worker.give(&task);
    return 0;
  }
  if (workers_.size() < workers_max_) {
    ++task.threads_created;
    const int error = create_worker();
    if (error != 0) {
      --task.threads_created;
      ++task.thread_create_failures;
      if (workers_.empty()) return error;
    }
  }
  queue_.push_back(&task);
  return 0;
}

bool ThreadPool::begins_elsewhere(ThreadedTask& task) {
  const std::lock_guard lock(mutex_);
  // This worker would take the task up again.
  if (queue_.empty()) return false;
  queue_.push_back(&task);
  return true;
}

Time ThreadPool::receive_patience() {
  const std::lock_guard lock(mutex_);
  const bool others_are_free = !idle_.empty() || workers_.size() < workers_max_;
  return queue_.empty() && others_are_free ? now() + kPatience : Time::min();
}

bool ThreadPool::waits_elsewhere(ThreadedTask& task, int readable, Time until) {
  return poller_.wait(task, readable, until);
}

int ThreadPool::create_worker() {
  const SmallThread attributes(PTHREAD_CREATE_JOINABLE);
  pthread_t worker;
  const int error = pthread_create(&worker, attributes.get(), &thread_main, this);
  if (error == 0) workers_.push_back(worker);
  return error;
}

void* ThreadPool::thread_main(void* pool) {
  static_cast<ThreadPool*>(pool)->work();
  return nullptr;
}

void ThreadPool::work() {
  Parking parking;
  for (;;) {
    ThreadedTask* task = nullptr;
    {
      const std::lock_guard lock(mutex_);
      if (!queue_.empty()) {
        task = queue_.front();
        queue_.pop_front();
      } else if (closing_) {
        return;
      } else {
        idle_.push_back(&parking);
      }
    }
    if (task == nullptr) task = parking.wait();
    if (task == nullptr) return;
    ThreadedTask::drive(task);
  }
}

}  // namespace asyncbench::threads
