// Invariant E: what a run took from the kernel, it gave back.
#pragma once

#include <string>

#include "core/time.hpp"
#include "measure/usage.hpp"

namespace asyncbench::run {

// Waits until this process holds no more descriptors (io_uring rings are descriptors) and threads
// than at `before`, since threads and rings are torn down asynchronously. Returns what is still
// held after `limit`, in words; empty: everything is back.
std::string wait_until_back(const measure::UsageSnapshot& before, Duration limit);

}  // namespace asyncbench::run
