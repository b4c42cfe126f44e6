// Invariant E: what a run took from the kernel, it gave back.
#pragma once

#include <cstddef>
#include <string>

#include "core/time.hpp"

namespace asyncbench::run {

// What this process holds now. io_uring rings are descriptors.
struct Resources {
  std::size_t descriptors = 0;
  std::size_t threads = 0;

  static Resources held();  // from /proc/self; throws std::filesystem::filesystem_error
};

// Waits until no more is held than `before`, since threads and rings are torn down asynchronously.
// Returns what is still held after `limit`, in words; empty: everything is back.
std::string wait_until_back(const Resources& before, Duration limit);

}  // namespace asyncbench::run
