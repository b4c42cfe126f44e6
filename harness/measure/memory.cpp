#include "measure/memory.hpp"

#include <initializer_list>
#include <string_view>

namespace asyncbench::measure {

namespace {

constexpr std::int64_t kKibibyte = 1024;

// The sum of the numbers in several lines of one file.
Reading sum_after(std::string_view text, std::initializer_list<std::string_view> names) {
  std::int64_t kib = 0;
  for (const std::string_view name : names) {
    const Reading one = number_after(text, name);
    if (!one) return std::nullopt;
    kib += *one;
  }
  return kib * kKibibyte;
}

}  // namespace

Reading private_memory_bytes(std::string& reason) {
  if (const auto rollup = read_text("/proc/self/smaps_rollup", reason)) {
    // Clean pages are those of files. They become private when the other processes that have mapped
    // the same program end, which is no growth of this one.
    const Reading bytes = sum_after(*rollup, {"\nPrivate_Dirty:", "\nPrivate_Hugetlb:"});
    if (bytes) return bytes;
  }
  const auto status = read_text("/proc/self/status", reason);
  if (!status) return std::nullopt;
  const Reading bytes = sum_after(*status, {"\nRssAnon:"});
  if (!bytes) reason = "no RssAnon in /proc/self/status";
  return bytes;
}

std::optional<LineFit> fit_line(std::span<const Point> points) {
  if (points.size() < 3) return std::nullopt;
  const auto n = static_cast<double>(points.size());
  double mean_x = 0;
  double mean_y = 0;
  for (const Point& point : points) {
    mean_x += point.x / n;
    mean_y += point.y / n;
  }
  double xx = 0;
  double xy = 0;
  double yy = 0;
  for (const Point& point : points) {
    const double dx = point.x - mean_x;
    const double dy = point.y - mean_y;
    xx += dx * dx;
    xy += dx * dy;
    yy += dy * dy;
  }
  if (xx == 0) return std::nullopt;
  const double slope = xy / xx;
  return LineFit{.slope = slope,
                 .intercept = mean_y - slope * mean_x,
                 .explained = yy == 0 ? 1 : xy * xy / (xx * yy)};
}

MemoryRamp::MemoryRamp(std::uint64_t first, std::uint64_t last, unsigned steps)
    : first_(first), last_(last), steps_(steps), next_(first) {
  points_.reserve(steps);
}

void MemoryRamp::take(std::uint64_t count) {
  const std::lock_guard lock(mutex_);
  // Another thread may have taken this step already, and a count may pass several steps at once.
  if (taken_ == steps_ || count < next_.load(std::memory_order_relaxed)) return;
  std::string reason;
  if (const Reading bytes = private_memory_bytes(reason)) {
    points_.push_back({static_cast<double>(count), static_cast<double>(*bytes)});
  } else {
    unreadable_ = reason;
  }
  std::uint64_t next = 0;
  do {
    ++taken_;
    next = first_ + (last_ - first_) * taken_ / (steps_ - 1);
  } while (taken_ < steps_ && next <= count);
  next_.store(taken_ < steps_ ? next : kNoMore, std::memory_order_relaxed);
}

}  // namespace asyncbench::measure
