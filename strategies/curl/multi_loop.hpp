// One thread's event loop: a multi handle, epoll, a timerfd and the tasks of a lane.
#pragma once

#include <curl/curl.h>

#include <cstdint>
#include <memory>
#include <system_error>

#include "core/fd.hpp"
#include "core/file_pool.hpp"
#include "core/job.hpp"
#include "core/loop_descriptors.hpp"
#include "core/task_driver.hpp"
#include "socket_table.hpp"
#include "transfer.hpp"

namespace asyncbench::curl {

// What the loop keeps for one task.
struct Driven final : DrivenTask {
  using DrivenTask::DrivenTask;

  std::unique_ptr<Transfer> transfer;  // from the first exchange
  std::unique_ptr<FileWait> file;      // from the first file operation that blocked
};

// Runs the tasks of one lane to their ends, in the thread that makes it.
class MultiLoop final : public TaskDriver<MultiLoop, Driven> {
 public:
  static constexpr std::size_t kEventBatch = 512;

  // Throws StrategyError.
  MultiLoop(Job& job, unsigned lane);
  ~MultiLoop();
  MultiLoop(const MultiLoop&) = delete;
  MultiLoop& operator=(const MultiLoop&) = delete;

  // Throws StrategyError.
  void run();

  // The hard stop; from any thread.
  void stop();

 private:
  friend class TaskDriver<MultiLoop, Driven>;

  struct MultiCleanup {
    void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
  };

  void turn();

  Attempt exchange(Driven& driven, const op::Exchange& wanted);
  Attempt give_up(Driven& driven, std::errc why);
  void make_transfer(Driven& driven);
  void take_from_curl(Driven& driven);
  void act(curl_socket_t socket, int ready);
  void collect_messages();

  Attempt file(Driven& driven, const Op& wanted) { return perform_by(files_, driven, wanted); }

  static int on_socket(CURL*, curl_socket_t socket, int what, void* self, void*);
  static int on_timer(CURLM*, long timeout_ms, void* self);

  Fd epoll_;
  TimerFd timer_;
  WakeFd wake_;  // a stop, or files
  SocketTable sockets_;
  std::unique_ptr<CURLM, MultiCleanup> multi_;
  FilePool files_{[this] { wake_.wake(); }};
  long transfers_ = 0;
  Time curl_due_ = kNever;  // when libcurl wants to be called
  std::uint64_t timer_calls_ = 0;
};

}  // namespace asyncbench::curl
