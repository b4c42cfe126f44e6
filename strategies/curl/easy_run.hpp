// One run of a job by threads that block in libcurl.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <stop_token>

#include "core/job.hpp"
#include "transfer.hpp"

namespace asyncbench::curl {

// The connection of one easy handle.
class EasySocket final : public SocketOwner {
 public:
  bool opened(curl_socket_t socket) override;
  void closing(curl_socket_t socket) override;

  // Called before a request that follows a pause, by the handle's thread: ends an idle connection
  // on which bytes have come, because no request may read them as its reply. libcurl itself takes
  // such a connection for a good one.
  void distrust_if_spoken();

  // From any thread, perhaps again and again: wakes whoever waits for the connection, and allows no
  // further one. One that is only about to be connected is not affected: call again.
  void shut_down();

 private:
  std::mutex mutex_;  // orders shut_down() against closing(): a closed number may be another's
  curl_socket_t socket_ = CURL_SOCKET_BAD;
  bool is_shut_down_ = false;
};

// A task, its easy handle, and the thread of its own that drives it.
class EasyTask {
 public:
  EasyTask(Task& task, unsigned lane, std::stop_token stop);

  // The body of the thread: drives the task to its end.
  void run();

  // From any thread, once the stop has come: ends an exchange under way.
  void shut_down() { socket_.shut_down(); }

  // After run().
  unsigned lane() const { return lane_; }
  std::uint64_t completions() const { return completions_; }
  std::uint64_t waits() const { return waits_; }
  const TaskBatches& batches() const { return batches_; }

 private:
  Completion perform(const Op& op);
  Completion exchange(const op::Exchange& exchange);
  Completion sleep(const op::Sleep& sleep);

  Task& task_;
  unsigned lane_;
  std::stop_token stop_;
  EasySocket socket_;  // outlives the transfer's connection
  Transfer transfer_;
  bool has_idled_ = false;  // since the last exchange
  std::uint64_t completions_ = 0;
  std::uint64_t waits_ = 0;
  TaskBatches batches_;
};

class EasyRun {
 public:
  explicit EasyRun(Job& job);
  EasyRun(const EasyRun&) = delete;
  EasyRun& operator=(const EasyRun&) = delete;

  // Throws StrategyError when there is not a thread for every task.
  void run();

 private:
  void drive(EasyTask& task);
  void wait_for_tasks();

  Job& job_;
  std::stop_source stop_;       // the job's, or that of a run that cannot go on
  std::deque<EasyTask> tasks_;  // never moves its elements

  std::mutex mutex_;  // guards what follows and the lane reports
  std::condition_variable_any changed_;
  std::size_t unfinished_ = 0;
};

}  // namespace asyncbench::curl
