#include "libaio.hpp"

#include <string>

#include "core/run_lanes.hpp"
#include "loop.hpp"

namespace asyncbench {

namespace {

class Libaio final : public Strategy {
 public:
  const StrategyInfo& info() const override { return info_; }

  Support host_support() const override try {
    const aio::Context probe(1);
    return Support::yes();
  } catch (const StrategyError& refused) {
    return Support::no(refused.what());
  }

  void run(Job& job) override {
    run_lanes(job, [&job](unsigned lane) { return aio::Loop(job, lane); });
  }

 private:
  const StrategyInfo info_{
      .name = "libaio",
      .summary = "Linux AIO, as libaio calls it: reads and writes by io_submit, for files alone",
      .library = "kernel",
      .waits = "io_getevents",
      .family = family::kLibaio,
      .operations = kTaskOps | kFileOps | OpSet{OpKind::sleep, OpKind::gather},
      .incidental = OpSet{OpKind::sleep, OpKind::gather},
      .files = "io_submit (the shared pool opens)",
      .options = {{"requests_per_submit_max", std::to_string(aio::kRequestsMax)},
                  {"events_per_wait", std::to_string(aio::kEventsPerWait)},
                  {"file_completions_awaited",
                   "1 in " + std::to_string(aio::kBatchShare) + " in flight, " +
                       std::to_string(aio::kBatchCompletionsMax) + " at most"},
                  {"file_completions_awaited_us_max", std::to_string(aio::kBatchWaitMax.count())},
                  {"file_threads_max", std::to_string(FilePool::kThreadsMax)},
                  {"busy_wait", "no"}},
  };
};

}  // namespace

std::unique_ptr<Strategy> make_libaio() { return std::make_unique<Libaio>(); }

}  // namespace asyncbench
