// The strategy `libuv`: one uv_loop_t a thread, its streams, and its thread pool for files.
#pragma once

#include <memory>

#include "core/strategy.hpp"

namespace asyncbench {

// Sets UV_THREADPOOL_SIZE, unless the user has: call it before there are threads.
std::unique_ptr<Strategy> make_libuv();

}  // namespace asyncbench
