// The memory that this process holds for itself, and how much of it one of many equal things costs.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "measure/readings.hpp"

namespace asyncbench::measure {

// Resident memory that the process has written to and shares with no other: the lines Private_Dirty
// and Private_Hugetlb of /proc/self/smaps_rollup, which are exact. Without that file it is the anonymous pages of /proc/self/status; the kernel
// keeps their count per CPU and updates the sum only now and then (proc(5)). Memory that the kernel
// holds on behalf of the process (sockets, kernel stacks, page tables) is not included. On failure
// nullopt, and `reason` says why. It walks the page tables: about 1 ms for every 100 MiB.
Reading private_memory_bytes(std::string& reason);

struct Point {
  double x = 0;
  double y = 0;
};

struct LineFit {
  double slope = 0;
  double intercept = 0;
  // The share of the variance of y that the line explains (R^2); 1 where y does not vary at all.
  double explained = 0;
};

// Ordinary least squares. nullopt for fewer than three points, which nearly any line would fit, and
// where x does not vary.
std::optional<LineFit> fit_line(std::span<const Point> points);

// Reads the private memory each time a growing count passes the next of `steps` evenly spaced
// values; the last of these is `last`. Memory that does not depend on the count is in the intercept
// of a line through the points; the slope is the memory of one thing.
class MemoryRamp {
 public:
  MemoryRamp(std::uint64_t first, std::uint64_t last, unsigned steps);
  MemoryRamp(const MemoryRamp&) = delete;
  MemoryRamp& operator=(const MemoryRamp&) = delete;

  // The count is `count` now. Thread-safe; it costs one load, unless a step has been passed.
  void reached(std::uint64_t count) {
    if (count >= next_.load(std::memory_order_relaxed)) take(count);
  }

  // The count at which it reads next, unless it is complete.
  std::uint64_t next() const { return next_.load(std::memory_order_relaxed); }
  bool is_complete() const { return next() == kNoMore; }

  // Count and bytes. Call it only after the last reached().
  const std::vector<Point>& points() const { return points_; }

  // Why there are no points; empty when nothing failed.
  const std::string& unreadable() const { return unreadable_; }

 private:
  static constexpr std::uint64_t kNoMore = std::numeric_limits<std::uint64_t>::max();

  void take(std::uint64_t count);

  const std::uint64_t first_;
  const std::uint64_t last_;
  const unsigned steps_;
  std::mutex mutex_;
  unsigned taken_ = 0;  // steps passed
  std::atomic<std::uint64_t> next_;
  std::vector<Point> points_;
  std::string unreadable_;
};

}  // namespace asyncbench::measure
