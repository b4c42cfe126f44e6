#include "pool.hpp"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <string>

#include "core/file_pool.hpp"

namespace asyncbench::libuv {

namespace {

constexpr const char* kSizeVariable = "UV_THREADPOOL_SIZE";

// As libuv's own state is: of the process.
std::atomic<bool> loop_has_existed = false;
std::atomic<bool> pool_has_started = false;

}  // namespace

void size_pool() { setenv(kSizeVariable, std::to_string(FilePool::kThreadsMax).c_str(), 0); }

// As init_threads() in libuv's src/threadpool.c reads it.
unsigned pool_threads() {
  constexpr unsigned kDefault = 4;
  constexpr unsigned kMax = 1024;
  const char* const wanted = std::getenv(kSizeVariable);
  if (wanted == nullptr) return kDefault;
  return std::clamp(static_cast<unsigned>(std::atoi(wanted)), 1U, kMax);
}

void note_loop() { loop_has_existed = true; }
void note_pool() { pool_has_started = true; }

KeptResources kept_by_process() {
  return {.descriptors = loop_has_existed ? 2 : 0,
          .threads = pool_has_started ? static_cast<int>(pool_threads()) : 0};
}

}  // namespace asyncbench::libuv
