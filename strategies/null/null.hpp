#pragma once

#include <memory>

#include "core/strategy.hpp"

namespace asyncbench {

// Completes every operation at once, without the kernel: Receive brings Job::canned_reply, the rest
// just succeeds. What a request costs under it is what the harness itself costs.
// For closed-loop clients alone: sleeping takes no time, and nobody is there to accept.
std::unique_ptr<Strategy> make_null();

}  // namespace asyncbench
