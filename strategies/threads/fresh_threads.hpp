// Threads created for the purpose: one for every request, or one for every connection.
#pragma once

#include "workforce.hpp"

namespace asyncbench::threads {

// When a task goes on in a fresh thread.
enum class FreshThread { for_every_begin, for_every_task };

// Threads are detached. Each task in flight has exactly one that may touch the run; at a hand-over
// it is the new one, and the old one ends without looking back. Counting tasks therefore counts the
// threads that matter.
// A child is a task: it gets a thread when it is gathered. With one thread a task, the threads of a
// family stay with it from one Gather to the next, as the connections do, so that a gateway creates
// none a request; they are alike, and none belongs to a certain child.
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
