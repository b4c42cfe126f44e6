// One thread's event loop: a multi handle, epoll, a timerfd and the tasks of a lane.
#pragma once

#include <curl/curl.h>

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <unordered_set>
#include <vector>

#include "core/fd.hpp"
#include "core/file_pool.hpp"
#include "core/job.hpp"
#include "core/timer_queue.hpp"
#include "socket_table.hpp"
#include "transfer.hpp"

namespace asyncbench::curl {

// Runs the tasks of one lane to their ends, in the thread that calls run().
class MultiLoop {
 public:
  static constexpr std::size_t kEventBatch = 512;

  // The tasks of the job whose index is `lane` modulo its threads. Throws StrategyError.
  MultiLoop(Job& job, unsigned lane);
  ~MultiLoop();
  MultiLoop(const MultiLoop&) = delete;
  MultiLoop& operator=(const MultiLoop&) = delete;

  // Throws StrategyError.
  void run();

  // The hard stop; from any thread.
  void stop();

 private:
  enum class Waits : std::uint8_t { nothing, exchange, sleep, file, children, turn };

  // A task, what it waits for, its deadline or wake-up time, and its operation on a file.
  struct Driven final : TaskState, Timer, FileWork {
    Driven(Task& its_task, Driven* its_parent, SocketTable& sockets)
        : task(its_task), parent(its_parent), transfer(Transfer::Interface::multi, sockets) {
      transfer.owner = this;
    }
    Task& task;
    Driven* parent;  // that gathers it; null: a task of the job
    Transfer transfer;
    Waits waits = Waits::nothing;
    std::size_t running_children = 0;
    std::vector<Driven*> children;  // that it has gathered so far
  };

  struct MultiCleanup {
    void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
  };

  Driven& enlist(Task& task, Driven* parent);
  void limit_connections();
  void drive(Driven& driven, Op op);
  void end(Driven& driven, const Completion& ended);
  std::optional<Completion> perform(Driven& driven, const Op& op);
  std::optional<Completion> begin_exchange(Driven& driven, const op::Exchange& exchange);
  void end_exchange(Driven& driven, const http::ExchangeEnd& end, const Completion& ended);
  std::optional<Completion> begin_file_op(Driven& driven, const Op& op);
  std::optional<Completion> gather(Driven& driven, const op::Gather& gather);
  void finish(Driven& driven);
  void take_from_curl(Driven& driven);

  void turn();
  void end_next_turn(Driven& driven, const Completion& ended);
  void end_deferred();
  void act(curl_socket_t socket, int ready);
  void collect_messages();
  void collect_files();
  void fire_timers();
  void arm_timer(Time due);
  void stop_all();

  static int on_socket(CURL*, curl_socket_t socket, int what, void* self, void*);
  static int on_timer(CURLM*, long timeout_ms, void* self);

  Job& job_;
  unsigned lane_;
  Fd epoll_;
  Fd timer_;
  Fd wake_event_;  // a stop, or files
  SocketTable sockets_;
  std::unique_ptr<CURLM, MultiCleanup> multi_;
  TimerQueue<Driven> timers_;
  FilePool files_;
  std::unordered_set<Driven*> driven_;  // each is its task's state
  std::deque<Driven*> deferred_;        // whose operations have ended, to be told in the next turn

  std::size_t unfinished_ = 0;  // tasks of the job
  std::atomic<bool> stop_requested_ = false;
  bool stopping_ = false;
  Time curl_due_ = kNever;  // when libcurl wants to be called
  Time armed_ = kNever;     // when timer_ fires
  std::uint64_t wakeups_ = 0;
  std::uint64_t completions_ = 0;
  std::uint64_t timer_calls_ = 0;
};

}  // namespace asyncbench::curl
