// The hard stop as blocking threads see it: a word to sleep on and a descriptor to poll.
#pragma once

#include <atomic>
#include <cstdint>

#include "core/loop_descriptors.hpp"
#include "core/time.hpp"

namespace asyncbench::threads {

// Set once, seen by all threads.
class StopSignal {
 public:
  // Throws StrategyError when the process has no descriptor left.
  StopSignal() = default;

  void set();
  bool is_set() const { return word_.load(std::memory_order_acquire) != 0; }

  // Sleeps until `until`, never less; returns at once when the signal is or becomes set.
  void sleep_until(Time until) const;

  // Readable once the signal is set.
  int descriptor() const { return event_.get(); }

 private:
  std::atomic<std::uint32_t> word_ = 0;
  WakeFd event_;
};

}  // namespace asyncbench::threads
