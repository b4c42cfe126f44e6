#include "libevent.hpp"

#include <event2/event.h>

#include <string>

#include "core/file_pool.hpp"
#include "core/run_lanes.hpp"
#include "loop.hpp"

namespace asyncbench {

namespace {

class Libevent final : public Strategy {
 public:
  const StrategyInfo& info() const override { return info_; }

  void run(Job& job) override {
    run_lanes(job, [&job](unsigned lane) { return libevent::Loop(job, lane); });
  }

 private:
  const StrategyInfo info_{
      .name = "libevent",
      .summary = "libevent: one event_base a thread, persistent events, recv and send",
      .library = std::string("libevent ") + event_get_version(),
      .waits = "epoll_wait",
      .family = family::kReadinessLoops,
      .operations = kAllButExchange,
      .files = kSharedFilePool,
      .options = {{"receive_buffer_bytes", std::to_string(kReceiveBytes)},
                  {"receive_buffers", "the loop's, lent while a task looks at what it received"},
                  {"events_per_wait", "32, growing to 4096"},
                  {"operations_per_turn_max", std::to_string(libevent::Loop::kTurnLength)},
                  {"trigger", "level, with a change list"},
                  {"accept", "SO_REUSEPORT, one socket a loop"},
                  {"file_threads_max", std::to_string(FilePool::kThreadsMax)},
                  {"busy_wait", "no"}},
  };
};

}  // namespace

std::unique_ptr<Strategy> make_libevent() { return std::make_unique<Libevent>(); }

}  // namespace asyncbench
