#include "workforce.hpp"

#include "threaded_task.hpp"

namespace asyncbench::threads {

namespace {

void* thread_main(void* task) {
  ThreadedTask::drive(static_cast<ThreadedTask*>(task));
  return nullptr;
}

int create_thread(ThreadedTask& task) {
  ++task.threads_created;
  // On this stack: the new thread may end the task and the run while pthread_create still reads it.
  const SmallThread attributes(PTHREAD_CREATE_DETACHED);
  pthread_t thread;
  const int error = pthread_create(&thread, attributes.get(), &thread_main, &task);
  if (error != 0) {
    --task.threads_created;
    ++task.thread_create_failures;
  }
  return error;
}

}  // namespace

int FreshThreads::hand_over(ThreadedTask& task) {
  if (Parking* const helper = task.take_helper()) {
    helper->give(&task);
    return 0;
  }
  return create_thread(task);
}

bool FreshThreads::begins_elsewhere(ThreadedTask& task) {
  return when_ == FreshThread::for_every_begin && create_thread(task) == 0;
}

}  // namespace asyncbench::threads
