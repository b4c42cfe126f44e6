#include "epoll.hpp"

#include <sys/epoll.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "core/file_pool.hpp"
#include "core/run_lanes.hpp"
#include "loop.hpp"

namespace asyncbench {

namespace {

class Epoll final : public Strategy {
 public:
  const StrategyInfo& info() const override { return info_; }

  Support host_support() const override {
    // A system call that is there finds fault with the descriptor first.
    epoll_event event{};
    if (epoll_pwait2(-1, &event, 1, nullptr, nullptr) < 0 && errno != EBADF) {
      return Support::no(std::string("epoll_pwait2: ") + strerrorname_np(errno) +
                         ": needs Linux 5.11 or newer, and a seccomp profile that knows the call");
    }
    return Support::yes();
  }

  void run(Job& job) override {
    run_lanes(job, [&job](unsigned lane) { return reactor::Loop(job, lane); });
  }

 private:
  const StrategyInfo info_{
      .name = "epoll",
      .summary = "edge-triggered epoll by hand: one loop a thread, operations tried at once",
      .library = "kernel",
      .waits = "epoll_pwait2",
      .family = family::kReadinessLoops,
      .operations = kAllButExchange,
      .files = kSharedFilePool,
      .options = {{"receive_buffer_bytes", std::to_string(kReceiveBytes)},
                  {"receive_buffers", "the loop's, lent while a task looks at what it received"},
                  {"events_per_wait", std::to_string(reactor::kEventsPerWait)},
                  {"operations_per_turn_max", std::to_string(reactor::Loop::kTurnLength)},
                  {"accept", "one socket a loop (SO_REUSEPORT); a Unix socket is shared"},
                  {"file_threads_max", std::to_string(FilePool::kThreadsMax)},
                  {"busy_wait", "no"}},
  };
};

}  // namespace

std::unique_ptr<Strategy> make_epoll() { return std::make_unique<Epoll>(); }

}  // namespace asyncbench
