// Descriptors and threads of this process: what a run took from the kernel, it gave back.
#pragma once

#include <string>

#include "core/strategy.hpp"
#include "core/time.hpp"
#include "measure/usage.hpp"

namespace asyncbench::run {

// Lifts the soft limit of descriptors to the hard one: every connection takes a descriptor, and the
// soft limit is often as low as 1,024.
void raise_descriptor_limit();

// What this process has to give back after a run: all that it holds, but what the strategy's
// library keeps for the process.
struct Footprint {
  measure::Reading descriptors;  // io_uring rings are descriptors
  measure::Reading threads;

  bool operator==(const Footprint&) const = default;
};

// Before a run. Call it once signals are blocked: it starts a thread.
Footprint take_baseline(const Strategy& strategy);

// Waits until this process holds no more than at `before`, because threads and rings are
// torn down asynchronously. Returns what is still held when nothing has gone for `limit`, in words;
// empty: everything is back.
std::string wait_until_back(const Footprint& before, const Strategy& strategy, Duration limit);

}  // namespace asyncbench::run
