#include "fiber.hpp"

#include <boost/version.hpp>
#include <new>
#include <string>

#include "core/epoll_waiter.hpp"
#include "core/file_pool.hpp"
#include "core/run_lanes.hpp"
#include "lane.hpp"
#include "stack_pool.hpp"

namespace asyncbench {

namespace {

class Fiber final : public Strategy {
 public:
  const StrategyInfo& info() const override { return info_; }

  Support host_support() const override {
#if defined(__SANITIZE_THREAD__)
    return Support::no("Boost.Fiber does not tell ThreadSanitizer when it changes stacks");
#else
    return epoll_support();
#endif
  }

  void run(Job& job) override {
    try {
      run_lanes(job, [&job](unsigned lane) { return fiber::Lane(job, lane); });
    } catch (const std::bad_alloc&) {
      throw StrategyError(
          "fiber: no memory for another stack of " + std::to_string(fiber::kStackBytes) +
          " bytes; raise ulimit -v or vm.max_map_count, or ask for fewer connections");
    }
  }

 private:
  const StrategyInfo info_{
      .name = "fiber",
      .summary = "Boost.Fiber over epoll: a fiber for every task, one scheduler a thread",
      .library = "Boost.Fiber " + std::to_string(BOOST_VERSION / 100000) + "." +
                 std::to_string(BOOST_VERSION / 100 % 1000),
      .waits = "epoll_pwait2",
      .family = family::kReadinessLoops,
      .operations = kAllButExchange,
      .files = kSharedFilePool,
      .options = {{"stack_bytes", std::to_string(fiber::kStackBytes)},
                  {"stacks", "pooled, with a guard page"},
                  {"deadlines", "a timer queue of ours, instead of the library's sleep queue"},
                  {"receive_buffer_bytes", std::to_string(kReceiveBytes)},
                  {"receive_buffers", "the loop's, lent while a task looks at what it received"},
                  {"events_per_wait", std::to_string(EpollWaiter::kEventsPerWait)},
                  {"operations_per_turn_max", std::to_string(fiber::kTurnLength)},
                  {"accept", "one socket a loop (SO_REUSEPORT); a Unix socket is shared"},
                  {"file_threads_max", std::to_string(FilePool::kThreadsMax)},
                  {"busy_wait", "no"}},
  };
};

}  // namespace

std::unique_ptr<Strategy> make_fiber() { return std::make_unique<Fiber>(); }

}  // namespace asyncbench
