// libuv's thread pool: one for all loops of the process, from its first file operation on.
#pragma once

#include "core/strategy.hpp"

namespace asyncbench::libuv {

// How many threads the pool has, or will have.
unsigned pool_threads();

// Asks for FilePool::kThreadsMax threads instead of libuv's 4, unless the user has asked for a
// number: as many blocking calls at once as under strategies that bring threads of their own. Call
// it before there are threads, for it changes the environment (UV_THREADPOOL_SIZE).
void size_pool();

// A loop exists; its first file operation begins.
void note_loop();
void note_pool();

// What libuv has started for the process by now, and keeps: the pool, and a pipe that guards its
// signal handlers. uv_library_shutdown() would end both, but for good: no loop of this process
// could use files again.
KeptResources kept_by_process();

}  // namespace asyncbench::libuv
