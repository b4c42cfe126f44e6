// The strategy `fiber`: stackful coroutines of Boost.Fiber over edge-triggered epoll. Each task has
// a fiber of its own, and operations are straight-line code that looks blocking. In reading order:
// lane drives the tasks; stream performs the operations of a stream; reactor is what fibers wait
// with; scheduler lets Boost.Fiber wait there; stack_pool has the stacks.
#pragma once

#include <memory>

#include "core/strategy.hpp"

namespace asyncbench {

std::unique_ptr<Strategy> make_fiber();

}  // namespace asyncbench
