// The strategy to copy: what it says of itself, and how it starts its loops.
#include "poll_strategy.hpp"

#include <string>

#include "core/run_lanes.hpp"
#include "poll_loop.hpp"

namespace asyncbench {

namespace {

class PollStrategy final : public Strategy {
 public:
  const StrategyInfo& info() const override { return info_; }

  // One loop a thread.
  void run(Job& job) override {
    run_lanes(job, [&job](unsigned lane) { return polling::Loop(job, lane); });
  }

 private:
  StrategyInfo info_{.name = "poll",
                     .summary = "one poll over all descriptors a turn: the strategy to copy",
                     .library = "kernel",
                     .waits = "ppoll",
                     .family = family::kReadinessLoops,
                     .operations = kAllButExchange,
                     .files = kSharedFilePool,
                     .options = {{"receive_buffer_bytes", std::to_string(kReceiveBytes)},
                                 {"file_threads_max", std::to_string(FilePool::kThreadsMax)}}};
};

}  // namespace

std::unique_ptr<Strategy> make_poll_strategy() { return std::make_unique<PollStrategy>(); }

}  // namespace asyncbench
