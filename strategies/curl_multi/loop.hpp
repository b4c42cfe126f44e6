// One thread's event loop: a multi handle, epoll, a timerfd and the tasks of a lane.
#pragma once

#include <curl/curl.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <stop_token>

#include "core/fd.hpp"
#include "core/job.hpp"
#include "core/timer_queue.hpp"
#include "socket_table.hpp"
#include "transfer.hpp"

namespace asyncbench::curl {

// Runs the tasks of one lane to their ends, in the thread that calls run().
class Loop {
 public:
  // The tasks of the job whose index is `lane` modulo its threads. Throws StrategyError.
  Loop(Job& job, unsigned lane);
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Throws StrategyError. May be called from another thread than the constructor, once.
  void run();

 private:
  enum class Waits : std::uint8_t { nothing, exchange, sleep };

  // A task, what it waits for, and its deadline or wake-up time.
  struct Driven : Timer {
    Driven(Task& its_task, SocketTable& sockets) : task(its_task), transfer(sockets) {
      transfer.owner = this;
    }
    Task& task;
    Transfer transfer;
    Waits waits = Waits::nothing;
  };

  struct MultiCleanup {
    void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
  };

  void drive(Driven& driven, Op op);
  std::optional<Completion> perform(Driven& driven, const Op& op);
  std::optional<Completion> begin_exchange(Driven& driven, const op::Exchange& exchange);
  void end_exchange(Driven& driven, const http::ExchangeEnd& end, const Completion& completion);
  void take_from_curl(Driven& driven);

  void wait();
  void act(curl_socket_t socket, int ready);
  void collect_messages();
  void fire_timers();
  void arm_timer(Time due);
  void stop_all();

  static int on_socket(CURL*, curl_socket_t socket, int what, void* self, void*);
  static int on_timer(CURLM*, long timeout_ms, void* self);

  Job& job_;
  unsigned lane_;
  Fd epoll_;
  Fd timer_;
  Fd stop_event_;
  SocketTable sockets_;
  std::unique_ptr<CURLM, MultiCleanup> multi_;
  TimerQueue<Driven> timers_;
  std::deque<Driven> driven_;  // never moves its elements

  std::size_t unfinished_ = 0;
  bool stopping_ = false;
  Time curl_due_ = kNever;  // when libcurl wants to be called
  Time armed_ = kNever;     // when timer_ fires
  std::uint64_t wakeups_ = 0;
  std::uint64_t completions_ = 0;
  std::uint64_t timer_calls_ = 0;
};

}  // namespace asyncbench::curl
