#include "thread_run.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <stop_token>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "core/assert.hpp"
#include "core/socket_ops.hpp"
#include "core/strategy.hpp"

namespace asyncbench::threads {

using namespace std::chrono_literals;

namespace {

// While a stop is carried out, how often streams are shut down again: a shutdown between a thread's
// last look at the stop and its connect(2) has no effect on that connect.
constexpr Duration kShutDownAgain = 5ms;

// The tasks of a job are all in flight together or not at all, so a lack of threads that does not
// pass ends the run.
constexpr Duration kCreatePause = 1ms;
constexpr Duration kCreatePatience = 1s;

}  // namespace

ThreadRun::ThreadRun(Job& job, StopSignal& stop, Workforce& workforce)
    : job_(job), stop_(stop), workforce_(workforce) {}

void ThreadRun::run() {
  const std::stop_callback on_stop(job_.stop, [this] { stop(); });
  start_tasks();
  if (job_.acceptor != nullptr) accept_until_stop();
  wait_for_tasks();
  must_hold(in_flight_.empty(), "no task is in flight when a run ends");
  for (const auto& task : job_.tasks) task->state.reset();
}

void ThreadRun::start_tasks() {
  for (std::size_t i = 0; i < job_.tasks.size(); ++i) {
    ThreadedTask& threaded =
        enlist(*job_.tasks[i], static_cast<unsigned>(i % job_.lanes.size()), nullptr);
    threaded.start();
    const Time patience = now() + kCreatePatience;
    int error = workforce_.hand_over(threaded);
    while (error != 0 && now() < patience) {
      std::this_thread::sleep_for(kCreatePause);
      error = workforce_.hand_over(threaded);
    }
    if (error == 0) continue;
    finished(threaded);
    give_up("task " + std::to_string(i + 1) + " of " + std::to_string(job_.tasks.size()), error);
  }
}

void ThreadRun::accept_until_stop() {
  std::vector<std::jthread> accepting;
  try {
    for (unsigned lane = 0; lane < std::max(job_.threads, 1U); ++lane) {
      accepting.emplace_back(&ThreadRun::accept_connections, this, lane);
    }
  } catch (const std::system_error& refused) {
    stop();
    accepting.clear();
    give_up("an accepting thread", refused.code().value());
  }
}

void ThreadRun::give_up(const std::string& thread_of, int error) {
  stop();
  wait_for_tasks();
  throw StrategyError("pthread_create for " + thread_of + ": " + std::strerror(error) +
                      "; raise ulimit -u, kernel.threads-max or the cgroup's pids.max");
}

void ThreadRun::accept_connections(unsigned lane) {
  const int listener = job_.acceptor->socket(lane);
  // Accepting does not block, so that a stop needs no shutdown of the listener, which would end it.
  set_blocking(listener, false);
  LaneReport report;
  while (!stop_.is_set()) {
    Fd connection{::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC)};
    if (connection) {
      ++report.completions;
      start_accepted(std::move(connection), report);
    } else if (errno == EAGAIN) {
      std::array polled{pollfd{.fd = listener, .events = POLLIN, .revents = 0},
                        pollfd{.fd = stop_.descriptor(), .events = POLLIN, .revents = 0}};
      poll(polled.data(), polled.size(), -1);
      report.woke();
    } else if (is_resource_shortage(errno)) {
      ++report.accept_pauses;
      stop_.sleep_until(now() + kAcceptPause);
    }
    // Any other error is that of a connection which failed before it was accepted (accept(2)).
  }
  const std::lock_guard lock(mutex_);
  LaneReport& total = job_.lanes[lane % job_.lanes.size()];
  total.wakeups += report.wakeups;
  total.completions += report.completions;
  total.accept_pauses += report.accept_pauses;
  total.batches.merge(report.batches);
}

void ThreadRun::start_accepted(Fd connection, LaneReport& report) {
  const auto lane =
      static_cast<unsigned>(accepted_.fetch_add(1, std::memory_order_relaxed) % job_.lanes.size());
  std::unique_ptr<Task> task = job_.acceptor->accepted(lane);
  if (!task) return;
  ThreadedTask& threaded = enlist(*task, lane, nullptr);
  threaded.start();
  threaded.stream_.adopt(std::move(connection));
  threaded.owned_ = std::move(task);
  // A lack of threads passes, as a lack of descriptors does. On a stop, the task has seen nothing
  // yet, and this thread tells it.
  while (workforce_.hand_over(threaded) != 0) {
    ++report.accept_pauses;
    stop_.sleep_until(now() + kAcceptPause);
    if (stop_.is_set()) return ThreadedTask::drive(&threaded);
  }
}

void ThreadRun::wait_for_tasks() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return unfinished_ == 0 || stop_.is_set(); });
  while (unfinished_ != 0) {
    for (ThreadedTask* const threaded : in_flight_) threaded->stream_.shut_down();
    changed_.wait_for(lock, kShutDownAgain, [this] { return unfinished_ == 0; });
  }
}

void ThreadRun::stop() {
  stop_.set();
  const std::lock_guard lock(mutex_);
  changed_.notify_all();
}

ThreadedTask& ThreadRun::enlist(Task& task, unsigned lane, ThreadedTask* parent) {
  auto owner = std::make_unique<ThreadedTask>(*this, task, lane, parent);
  ThreadedTask& threaded = *owner;
  task.state = std::move(owner);
  const std::lock_guard lock(mutex_);
  in_flight_.insert(&threaded);
  if (parent == nullptr) ++unfinished_;
  return threaded;
}

void ThreadRun::delist(ThreadedTask& threaded) {
  const std::lock_guard lock(mutex_);
  must_hold(in_flight_.erase(&threaded) == 1, "a task that ends was in flight");
  LaneReport& report = job_.lanes[threaded.lane_];
  report.completions += threaded.completions_;
  report.wakeups += threaded.waits();
  threaded.batches_.add_to(report.batches);
  report.counters["threads_created"] += threaded.threads_created;
  report.counters["thread_create_failures"] += threaded.thread_create_failures;
  if (threaded.waits_elsewhere_ > 0) report.counters["poller_waits"] += threaded.waits_elsewhere_;
}

void ThreadRun::finished(ThreadedTask& threaded) {
  delist(threaded);
  // The task may still use what the job's owner keeps for it, so it is destroyed before the run can
  // end.
  std::unique_ptr<Task> task = std::move(threaded.owned_);
  task.reset();
  const std::lock_guard lock(mutex_);
  must_hold(unfinished_ > 0, "a task that finishes was counted as unfinished");
  if (--unfinished_ == 0) changed_.notify_all();
}

}  // namespace asyncbench::threads
