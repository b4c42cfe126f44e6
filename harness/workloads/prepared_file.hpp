// The file of a file workload: made under no name, filled, and kept in the page cache or out of it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <thread>

#include "core/fd.hpp"
#include "core/time.hpp"
#include "workloads/file_parameters.hpp"

namespace asyncbench::workloads {

// A new file in the folder, for reading and writing. Nothing of it is left however this process
// ends: the kernel frees it when its last descriptor is closed. Throws std::system_error with the
// operation and the folder.
Fd make_nameless_file(const std::string& folder);

// The path under which this process can open the file of a descriptor once more (proc(5)).
std::string path_of(int fd);

// A nameless file in the folder. Every block holds what file_content.hpp says of the prepared
// write. All of it is on the disk, so that no write-back disturbs the job. All of it is in the page
// cache, too, unless the parameters say direct or cold. Throws std::system_error with the
// operation.
Fd prepare_file(const FileParameters& parameters, const std::string& folder);

// Drops the cached pages of a range of the file that are not dirty; 0 bytes: to its end.
void drop_cached(int fd, std::uint64_t offset, std::uint64_t bytes);

// Keeps what has been read out of the page cache: drops it every kInterval, in a thread of its own.
// To drop it once, before the job, would measure a cold file only until it had been read once.
class CacheEvictor {
 public:
  static constexpr Duration kInterval = std::chrono::milliseconds(10);

  // The file `fd` stays open until the evictor is destroyed. `position` returns the byte of the
  // file that readers in sequence have come to: what the kernel has read ahead of it stays. Empty:
  // they read at random.
  CacheEvictor(int fd, std::uint64_t file_bytes, std::function<std::uint64_t()> position);

 private:
  void evict() const;

  int fd_;
  std::uint64_t file_bytes_;
  std::function<std::uint64_t()> position_;
  std::jthread thread_;
};

// How many bytes the kernel has read from disks for this process so far (/proc/self/io, proc(5));
// nullopt where it does not tell.
std::optional<std::uint64_t> disk_read_bytes();

}  // namespace asyncbench::workloads
