// Keeping a file in the page cache, or out of it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <thread>

#include "core/time.hpp"

namespace asyncbench::workloads {

// Drops the cached pages of a range of the file that are not dirty; 0 bytes: to its end.
void drop_cached(int fd, std::uint64_t offset, std::uint64_t bytes);

// Keeps what has been read out of the page cache: drops it every kInterval, in a thread of its own.
// Dropping it once, before the job, would measure a cold file only until it had been read once.
class CacheEvictor {
 public:
  static constexpr Duration kInterval = std::chrono::milliseconds(10);

  // Of the file `fd`, which stays open until the evictor is destroyed. `position`: which byte of
  // the file readers in sequence have come to, for what the kernel has read ahead of them stays;
  // empty: they read at random.
  CacheEvictor(int fd, std::uint64_t file_bytes, std::function<std::uint64_t()> position);

 private:
  void evict() const;

  int fd_;
  std::uint64_t file_bytes_;
  std::function<std::uint64_t()> position_;
  std::jthread thread_;
};

// What this process has had read from disks so far (/proc/self/io, proc(5)); nullopt where the
// kernel does not tell.
std::optional<std::uint64_t> disk_read_bytes();

}  // namespace asyncbench::workloads
