// The slots of a ring's descriptor table: who hands out which.
#pragma once

#include <algorithm>
#include <deque>
#include <optional>

#include "core/job.hpp"

namespace asyncbench::uring {

// A table of direct descriptors. Sockets that tasks connect and files that they open go into the
// first `own` slots, which the loop hands out; accepted sockets into the last ones, which the
// kernel does.
struct SlotPlan {
  unsigned own = 0;
  unsigned accepted = 0;

  unsigned total() const { return own + accepted; }

  // As many as the tasks of the lane may come to need. That cannot be known: a task may open many
  // files, and gather others. The kernel refuses a table with more slots than the process may have
  // descriptors; a slot that is never used costs 8 bytes.
  static SlotPlan of(const Job& job, unsigned lane);
};

// Hands out the loop's own slots. One that was given back rests before it is used again.
class SlotPool {
 public:
  explicit SlotPool(unsigned count) : count_(count) {}

  // nullopt: none is free.
  std::optional<int> take() {
    if (fresh_ < count_ && resting_.size() < kRestingMin) return static_cast<int>(fresh_++);
    if (resting_.empty()) return std::nullopt;
    const int slot = resting_.front();
    resting_.pop_front();
    return slot;
  }

  // Ignores slots that the kernel hands out.
  void give_back(int slot) {
    if (slot < static_cast<int>(count_)) resting_.push_back(slot);
  }

 private:
  static constexpr std::size_t kRestingMin = 64;

  unsigned count_;
  unsigned fresh_ = 0;  // the first that was never used
  std::deque<int> resting_;
};

}  // namespace asyncbench::uring
