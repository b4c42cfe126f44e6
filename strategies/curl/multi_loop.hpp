// One thread's event loop: a multi handle, epoll, a timerfd and the tasks of a lane.
#pragma once

#include <curl/curl.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <system_error>
#include <vector>

#include "core/fd.hpp"
#include "core/file_pool.hpp"
#include "core/job.hpp"
#include "core/loop_descriptors.hpp"
#include "core/task_driver.hpp"
#include "transfer.hpp"

namespace asyncbench::curl {

// libcurl's sockets in epoll, with as few epoll_ctl calls as possible. libcurl wants a socket
// watched for each transfer and forgotten at its end: two epoll_ctl calls a request. A pooled
// connection will be wanted again at once, so it stays registered, and the wish is kept here.
// Level-triggered: libcurl receives once a call and does not drain the socket.
class SocketTable final : public SocketOwner {
 public:
  // `epoll` outlives the table.
  explicit SocketTable(int epoll) : epoll_(epoll) {}

  // CURLMOPT_SOCKETFUNCTION: `what` is CURL_POLL_IN, _OUT, _INOUT or _REMOVE. False, with errno:
  // epoll refused the socket.
  bool want(curl_socket_t socket, int what);

  bool opened(curl_socket_t) override { return true; }
  void closing(curl_socket_t socket) override;

  // What an event of epoll means to libcurl: CURL_CSELECT_ bits, nothing if it is out of date.
  // `key` is epoll_data of the event. The socket is socket_of(key).
  std::optional<int> ready(std::uint64_t key, std::uint32_t events);
  static curl_socket_t socket_of(std::uint64_t key) { return static_cast<curl_socket_t>(key); }

  std::uint64_t epoll_calls() const { return epoll_calls_; }

 private:
  struct Entry {
    std::uint32_t generation = 0;  // tells a socket from earlier ones of the same number
    std::uint32_t wanted = 0;      // by libcurl, EPOLL bits
    std::uint32_t registered = 0;  // in epoll; 0: absent
  };

  bool control(int operation, curl_socket_t socket, Entry& entry, std::uint32_t events);

  int epoll_;
  std::vector<Entry> entries_;  // by socket number
  std::uint64_t epoll_calls_ = 0;
};

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
  std::size_t under_way_ = 0;  // exchanges that libcurl has
  Time curl_due_ = kNever;     // when libcurl wants to be called
  std::uint64_t timer_calls_ = 0;
};

}  // namespace asyncbench::curl
