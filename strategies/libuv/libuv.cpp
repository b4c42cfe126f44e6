#include "libuv.hpp"

#include <uv.h>

#include <string>

#include "core/run_lanes.hpp"
#include "loop.hpp"
#include "pool.hpp"

namespace asyncbench {

namespace {

class Libuv final : public Strategy {
 public:
  Libuv() {
    libuv::size_pool();
    info_ = {
        .name = "libuv",
        .summary = "libuv: one uv_loop_t a thread, its streams, its thread pool for files",
        .library = std::string("libuv ") + uv_version_string(),
        .waits = "epoll_wait",
        .family = family::kReadinessLoops,
        .operations = kAllButExchange,
        .files = "libuv's pool",
        .options = {{"receive_buffer_bytes", std::to_string(kReceiveBytes)},
                    {"receive_buffers", "the loop's, lent while a task looks at what it received"},
                    {"events_per_wait", "1024"},
                    {"operations_per_turn_max", std::to_string(libuv::Loop::kTurnLength)},
                    {"trigger", "level"},
                    {"timer_resolution_ms", "1"},
                    {"accept", "SO_REUSEPORT, one socket a loop"},
                    {"file_threads", std::to_string(libuv::pool_threads()) +
                                         ", UV_THREADPOOL_SIZE, for all loops together"},
                    {"busy_wait", "no"}},
    };
  }

  const StrategyInfo& info() const override { return info_; }

  void run(Job& job) override {
    run_lanes(job, [&job](unsigned lane) { return libuv::Loop(job, lane); });
  }

  KeptResources kept() const override { return libuv::kept_by_process(); }

 private:
  StrategyInfo info_;
};

}  // namespace

std::unique_ptr<Strategy> make_libuv() { return std::make_unique<Libuv>(); }

}  // namespace asyncbench
