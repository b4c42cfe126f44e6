// Invariant E: what a run took from the kernel, it gave back.
#pragma once

#include <string>

#include "core/time.hpp"
#include "measure/usage.hpp"

namespace asyncbench::run {

// What this process holds, before a run. Call it once signals are blocked: it starts a thread.
measure::UsageSnapshot take_baseline();

// Waits until this process holds no more descriptors (io_uring rings are descriptors) and threads
// than at `before`, since threads and rings are torn down asynchronously. Returns what is still
// held after `limit`, in words; empty: everything is back.
std::string wait_until_back(const measure::UsageSnapshot& before, Duration limit);

}  // namespace asyncbench::run
