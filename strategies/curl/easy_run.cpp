#include "easy_run.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "core/assert.hpp"
#include "core/file_ops.hpp"
#include "core/fine_timers.hpp"
#include "core/strategy.hpp"

namespace asyncbench::curl {

using namespace std::chrono_literals;

namespace {

// While a stop is carried out, how often sockets are shut down again: a shutdown between libcurl's
// opening of a socket and its connect(2) has no effect on that connect.
constexpr Duration kShutDownAgain = 5ms;

// What libcurl knows of a deadline: whole milliseconds, rounded up so that it is never early, and 0
// for none.
long timeout_ms(Time deadline) {
  if (deadline == kNever) return 0;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(time_left(deadline));
  return std::max(static_cast<long>(left.count()), 1L);
}

}  // namespace

bool EasySocket::opened(curl_socket_t socket) {
  const std::lock_guard lock(mutex_);
  // An earlier one still in the cache is closed at the end of the transfer, being one too many.
  if (!is_shut_down_) socket_ = socket;
  return !is_shut_down_;
}

void EasySocket::closing(curl_socket_t socket) {
  const std::lock_guard lock(mutex_);
  if (socket_ == socket) socket_ = CURL_SOCKET_BAD;
}

// libcurl takes a shut down connection for dead, and opens another.
void EasySocket::distrust_if_spoken() {
  if (socket_ == CURL_SOCKET_BAD) return;
  char byte = 0;
  const bool is_silent =
      ::recv(socket_, &byte, sizeof byte, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
  if (!is_silent) ::shutdown(socket_, SHUT_RDWR);
}

void EasySocket::shut_down() {
  const std::lock_guard lock(mutex_);
  is_shut_down_ = true;
  if (socket_ != CURL_SOCKET_BAD) ::shutdown(socket_, SHUT_RDWR);
}

EasyTask::EasyTask(Task& task, unsigned lane, std::stop_token stop)
    : task_(task),
      lane_(lane),
      stop_(std::move(stop)),
      transfer_(Transfer::Interface::easy, socket_) {}

void EasyTask::run() {
  Op next = task_.start(lane_);
  while (!std::holds_alternative<op::Finish>(next)) {
    const std::uint64_t waits_before = waits_;
    const Completion ended = perform(next);
    batches_.woke(waits_ - waits_before, completions_);
    ++completions_;
    next = task_.resume(ended);
  }
}

Completion EasyTask::perform(const Op& op) {
  if (stop_.stop_requested() && !outlives_stop(kind_of(op))) {
    if (const auto* exchange = std::get_if<op::Exchange>(&op)) {
      exchange->sink->ended({.outcome = Outcome::cancelled});
    }
    return failed(std::errc::operation_canceled);
  }
  if (kFileOps.contains(kind_of(op))) {
    const Completion ended = perform_file_op(op);
    return stop_.stop_requested() ? cancel_file_op(op, ended) : ended;
  }
  return std::visit(Overloaded{
                        [](const op::Begin&) { return Completion{}; },
                        [](const op::Close&) { return Completion{}; },
                        [this](const op::Sleep& wanted) { return sleep(wanted); },
                        [this](const op::Exchange& wanted) { return exchange(wanted); },
                        [](const auto&) { return failed(std::errc::operation_not_supported); },
                    },
                    op);
}

Completion EasyTask::exchange(const op::Exchange& exchange) {
  CURL* const handle = transfer_.begin(exchange);
  if (handle == nullptr) {
    exchange.sink->ended(
        {.outcome = Outcome::local_resource, .detail = "libcurl is out of memory"});
    return {};
  }
  if (std::exchange(has_idled_, false)) socket_.distrust_if_spoken();
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, timeout_ms(exchange.deadline));
  ++waits_;  // at least: libcurl does not say how often it polled
  const CURLcode code = curl_easy_perform(handle);
  if (stop_.stop_requested()) {
    // The stop shuts the socket down. Whatever libcurl made of that, the stop is the reason.
    exchange.sink->ended(transfer_.cancelled());
    return failed(std::errc::operation_canceled);
  }
  exchange.sink->ended(transfer_.finished(code));
  return {};
}

Completion EasyTask::sleep(const op::Sleep& sleep) {
  std::mutex mutex;
  std::unique_lock lock(mutex);
  ++waits_;
  has_idled_ = true;
  std::condition_variable_any().wait_until(lock, stop_, sleep.until, [] { return false; });
  return stop_.stop_requested() ? failed(std::errc::operation_canceled) : Completion{};
}

EasyRun::EasyRun(Job& job) : job_(job) {
  for (std::size_t i = 0; i < job.tasks.size(); ++i) {
    tasks_.emplace_back(*job.tasks[i], static_cast<unsigned>(i % job.lanes.size()),
                        stop_.get_token());
  }
}

void EasyRun::run() {
  const FineTimers fine_timers(job_.slack);
  const std::stop_callback on_stop(job_.stop, [this] { stop_.request_stop(); });
  std::vector<std::jthread> threads;
  std::string refusal;
  for (EasyTask& task : tasks_) {
    const std::lock_guard lock(mutex_);
    try {
      threads.emplace_back(&EasyRun::drive, this, std::ref(task));
      ++unfinished_;
    } catch (const std::system_error& refused) {
      refusal = refused.what();
      stop_.request_stop();
      break;
    }
  }
  wait_for_tasks();
  if (refusal.empty()) return;
  throw StrategyError("a thread for each of " + std::to_string(tasks_.size()) + " tasks: " +
                      refusal + "; raise ulimit -u, kernel.threads-max or the cgroup's pids.max");
}

void EasyRun::drive(EasyTask& task) {
  task.run();
  const std::lock_guard lock(mutex_);
  LaneReport& report = job_.lanes[task.lane()];
  report.completions += task.completions();
  report.wakeups += task.waits();
  task.batches().add_to(report.batches);
  must_hold(unfinished_ > 0, "a task that finishes was counted as unfinished");
  if (--unfinished_ == 0) changed_.notify_all();
}

void EasyRun::wait_for_tasks() {
  const auto all_have_finished = [this] { return unfinished_ == 0; };
  std::unique_lock lock(mutex_);
  changed_.wait(lock, stop_.get_token(), all_have_finished);
  while (!all_have_finished()) {
    for (EasyTask& task : tasks_) task.shut_down();
    changed_.wait_for(lock, kShutDownAgain, all_have_finished);
  }
}

}  // namespace asyncbench::curl
