// The slots of a ring's descriptor table: who hands out which.
#pragma once

#include <algorithm>
#include <deque>
#include <optional>

#include "core/assert.hpp"
#include "core/job.hpp"

namespace asyncbench::uring {

// A table of direct descriptors. Sockets that tasks connect and files that they open go into the
// first `own` slots, which the loop hands out; accepted sockets into the last ones, which the
// kernel does.
struct SlotPlan {
  unsigned own = 0;
  unsigned accepted = 0;

  unsigned total() const { return own + accepted; }

  // A server shares what the process may have between its connections and what they open, as its
  // acceptor says. What else tasks come to need cannot be known: a task may open many files, and
  // gather others. The kernel refuses a table with more slots than the process may have
  // descriptors; a slot that is never used costs 8 bytes.
  static SlotPlan of(const Job& job, unsigned lane);
};

// Hands out the loop's own slots, and counts those that the kernel hands out. One of the loop's own
// that was given back rests before it is used again.
class SlotPool {
 public:
  explicit SlotPool(SlotPlan plan) : count_(plan.own), free_for_accepted_(plan.accepted) {}

  // nullopt: none is free.
  std::optional<int> take() {
    if (fresh_ < count_ && resting_.size() < kRestingMin) return static_cast<int>(fresh_++);
    if (resting_.empty()) return std::nullopt;
    const int slot = resting_.front();
    resting_.pop_front();
    return slot;
  }

  // The kernel has handed out one.
  void accepted() {
    must_hold(free_for_accepted_ > 0, "an accepted connection has a slot that was free");
    --free_for_accepted_;
  }

  // How many connections may still be accepted.
  unsigned free_for_accepted() const { return free_for_accepted_; }

  void give_back(int slot) {
    if (slot < static_cast<int>(count_)) {
      resting_.push_back(slot);
    } else {
      ++free_for_accepted_;
    }
  }

 private:
  static constexpr std::size_t kRestingMin = 64;

  unsigned count_;
  unsigned free_for_accepted_;
  unsigned fresh_ = 0;  // the first that was never used
  std::deque<int> resting_;
};

}  // namespace asyncbench::uring
