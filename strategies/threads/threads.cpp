#include "threads.hpp"

#include <gnu/libc-version.h>

#include <string>
#include <utility>

#include "core/fine_timers.hpp"
#include "core/job.hpp"
#include "thread_pool.hpp"
#include "thread_run.hpp"
#include "workforce.hpp"

namespace asyncbench {

namespace {

using threads::FreshThread;
using threads::FreshThreads;
using threads::StopSignal;
using threads::ThreadPool;
using threads::ThreadRun;

// One for each connection of the default cells (64), so that these show the pool at its best, and
// two for each thread of an event loop's file pool (core/file_pool.hpp), since some will be waiting
// for a peer meanwhile. Cells of more connections show what a bound costs.
constexpr unsigned kPoolWorkers = 64;

// All that differs between the strategies here: what they say, and who drives the tasks.
class ThreadStrategy final : public Strategy {
 public:
  using Run = void (*)(Job& job);

  ThreadStrategy(StrategyInfo info, Run run_job) : info_(std::move(info)), run_(run_job) {
    info_.library = std::string("glibc ") + gnu_get_libc_version();
    info_.operations = kAllButExchange;
    info_.files = "blocking calls";
    info_.event_loop = false;
    info_.options.push_back({"stack_bytes", std::to_string(threads::kStackBytes)});
    info_.options.push_back({"receive_buffer_bytes", std::to_string(kReceiveBytes)});
  }

  const StrategyInfo& info() const override { return info_; }

  void run(Job& job) override { run_(job); }

 private:
  StrategyInfo info_;
  Run run_;
};

template <FreshThread when>
void run_in_fresh_threads(Job& job) {
  const FineTimers fine_timers(job.slack);
  StopSignal stop;
  FreshThreads threads(when);
  ThreadRun(job, stop, threads).run();
}

void run_in_pool(Job& job) {
  const FineTimers fine_timers(job.slack);
  StopSignal stop;
  ThreadPool pool(kPoolWorkers, job.slack, stop);
  ThreadRun(job, stop, pool).run();
}

}  // namespace

std::unique_ptr<Strategy> make_thread_per_request() {
  return std::make_unique<ThreadStrategy>(
      StrategyInfo{.name = "thread_per_request",
                   .summary = "a fresh thread for every request, blocking calls",
                   .waits = "blocking calls",
                   .family = family::kThreadPerRequest},
      &run_in_fresh_threads<FreshThread::for_every_begin>);
}

std::unique_ptr<Strategy> make_thread_per_connection() {
  return std::make_unique<ThreadStrategy>(
      StrategyInfo{.name = "thread_per_connection",
                   .summary = "one thread for every connection, blocking calls",
                   .waits = "blocking calls",
                   .family = family::kLongLivedThreads},
      &run_in_fresh_threads<FreshThread::for_every_task>);
}

std::unique_ptr<Strategy> make_thread_pool() {
  return std::make_unique<ThreadStrategy>(
      StrategyInfo{
          .name = "thread_pool",
          .summary = "a bounded pool of threads with a work queue, blocking calls",
          .waits = "blocking calls, and epoll_wait for idle connections",
          .family = family::kLongLivedThreads,
          .options = {{"workers_max", std::to_string(kPoolWorkers)},
                      {"receive_patience_ms", std::to_string(ThreadPool::kPatience.count())}}},
      &run_in_pool);
}

}  // namespace asyncbench
