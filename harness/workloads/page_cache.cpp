#include "workloads/page_cache.hpp"

#include <fcntl.h>

#include <algorithm>
#include <condition_variable>
#include <fstream>
#include <mutex>
#include <stop_token>
#include <string>
#include <utility>

namespace asyncbench::workloads {
namespace {

// More than the kernel reads ahead (read_ahead_kb, by default 128).
constexpr std::uint64_t kReadAheadBytes = 8 << 20;

}  // namespace

void drop_cached(int fd, std::uint64_t offset, std::uint64_t bytes) {
  ::posix_fadvise(fd, static_cast<off_t>(offset), static_cast<off_t>(bytes), POSIX_FADV_DONTNEED);
}

CacheEvictor::CacheEvictor(int fd, std::uint64_t file_bytes,
                           std::function<std::uint64_t()> position)
    : fd_(fd), file_bytes_(file_bytes), position_(std::move(position)) {
  thread_ = std::jthread([this](const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any changed;
    std::unique_lock lock(mutex);
    while (!stop.stop_requested()) {
      changed.wait_for(lock, stop, kInterval, [] { return false; });
      evict();
    }
  });
}

void CacheEvictor::evict() const {
  if (!position_) return drop_cached(fd_, 0, 0);
  const std::uint64_t position = position_();
  const std::uint64_t ahead = position + std::min(kReadAheadBytes, file_bytes_ / 4);
  if (position > 0) drop_cached(fd_, 0, position);
  if (ahead < file_bytes_) drop_cached(fd_, ahead, 0);
}

std::optional<std::uint64_t> disk_read_bytes() {
  std::ifstream io("/proc/self/io");
  std::string name;
  for (std::uint64_t value = 0; io >> name >> value;) {
    if (name == "read_bytes:") return value;
  }
  return std::nullopt;
}

}  // namespace asyncbench::workloads
