// A bounded pool of worker threads with one work queue, and a poller in front of it.
#pragma once

#include <pthread.h>

#include <chrono>
#include <deque>
#include <mutex>
#include <vector>

#include "poller.hpp"
#include "workforce.hpp"

namespace asyncbench::threads {

// A worker drives its task by blocking calls, with two exceptions. Without them, as many idle
// connections as there are workers would bring the pool to a halt.
// - The poller waits for every Sleep.
// - A worker waits in a Receive only for a short while, and only while another worker is free. Then
//   the poller waits in its place, and queues the task when its peer has sent something.
// A pool that is large enough therefore works like a thread per connection, and a smaller one
// serves any number of connections. Connect, Send and files keep their worker: that is the bound.
class ThreadPool final : public Workforce {
 public:
  // How long a worker waits for a peer, at most.
  static constexpr std::chrono::milliseconds kPatience{100};

  // Throws StrategyError. Workers are created when work finds none idle.
  ThreadPool(unsigned workers_max, Duration slack, const StopSignal& stop);
  // All tasks have finished.
  ~ThreadPool() override;

  int hand_over(ThreadedTask& task) override;
  // Queues the task behind all others. A request that came out of the queue is not queued again.
  bool begins_elsewhere(ThreadedTask& task) override;
  Time receive_patience() override;
  bool waits_elsewhere(ThreadedTask& task, int readable, Time until) override;
  bool keeps_helpers() const override { return false; }

 private:
  static void* thread_main(void* pool);
  void work();
  int create_worker();

  unsigned workers_max_;
  std::mutex mutex_;                 // guards what follows
  std::deque<ThreadedTask*> queue_;  // empty while a worker is idle
  std::vector<Parking*> idle_;       // the last to come is the first to go: its caches are warm
  std::vector<pthread_t> workers_;
  bool closing_ = false;
  Poller poller_;
};

}  // namespace asyncbench::threads
