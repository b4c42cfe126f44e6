#include "run_job.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <thread>

namespace asyncbench::conformance {

namespace {

constexpr std::chrono::seconds kPatience = std::chrono::seconds(20) * test::kSlowdown;
constexpr std::size_t kPageBytes = 4096;

// Stops a run that does not end by itself.
class Watchdog {
 public:
  explicit Watchdog(std::stop_source run)
      : thread_([this, run](const std::stop_token& dismissed) mutable {
          std::unique_lock lock(mutex_);
          changed_.wait_for(lock, dismissed, kPatience, [] { return false; });
          if (dismissed.stop_requested()) return;
          ADD_FAILURE() << "the run did not end within " << kPatience.count() << " s";
          run.request_stop();
        }) {}

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::jthread thread_;
};

}  // namespace

IoMemory::IoMemory(std::size_t blocks, std::size_t block_bytes)
    : blocks_(blocks),
      block_bytes_(block_bytes),
      bytes_(static_cast<std::byte*>(std::aligned_alloc(kPageBytes, blocks * block_bytes))) {
  if (block_bytes % kPageBytes != 0) throw std::invalid_argument("blocks are whole pages");
  std::ranges::fill(all(), std::byte{0xEE});  // what no read has touched is no test content
}

std::vector<LaneReport> run_job(Strategy& strategy, Tasks tasks, RunOptions options) {
  std::vector<LaneReport> lanes(std::max(options.lanes, options.threads));
  Job job;
  job.tasks = std::move(tasks);
  job.acceptor = options.acceptor;
  job.threads = options.threads;
  job.lanes = lanes;
  job.io_memory = options.io_memory;
  job.slack = options.slack;
  job.stop = options.stop.get_token();
  const Watchdog watchdog(options.stop);
  strategy.run(job);
  return lanes;
}

void expect_on_time(Time due, Time ended) {
  EXPECT_GE((ended - due).count(), 0) << "ns: early";
  EXPECT_LE((ended - due).count(), kLateness.count()) << "ns: late";
}

}  // namespace asyncbench::conformance
