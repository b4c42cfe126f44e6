// A counter with one writer, or with several.
#pragma once

#include <atomic>
#include <cstdint>

namespace asyncbench::measure {

class Counter {
 public:
  // With one writer, a plain load and store do what a locked instruction would, for a quarter of
  // the price. Readers in other threads see whole values either way. `shared`: several write.
  void add(std::uint64_t n, bool shared) {
    if (shared) {
      value_.fetch_add(n, std::memory_order_relaxed);
    } else {
      value_.store(value() + n, std::memory_order_relaxed);
    }
  }

  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

}  // namespace asyncbench::measure
