// One event loop: performs the operations of the tasks of one lane.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/file_pool.hpp"
#include "core/job.hpp"
#include "core/timer_queue.hpp"
#include "poller.hpp"
#include "receive_buffers.hpp"
#include "stream.hpp"

namespace asyncbench::reactor {

// Operations of a task that may end at once, one after the other, before others get a turn.
inline constexpr int kTurnLength = 64;

class Loop {
 public:
  // Throws StrategyError when the system grants no descriptors.
  Loop(Job& job, unsigned lane);

  // Runs to the end of the job.
  void run();

  // From any thread: the hard stop.
  void stop();

 private:
  // How an operation ended, or nullopt when it has to wait.
  using Attempt = std::optional<Completion>;

  // Turning (loop.cpp).
  void turn();
  void note(const epoll_event& event);
  void go_on(Stream& stream);
  void fire_timers();
  void expired(Stream& stream);
  void accept();
  void pause_accepting();
  void stop_all();
  void report();

  // Tasks, from operation to operation (loop_tasks.cpp).
  void start(Task& task);
  void start_accepted(std::unique_ptr<Task> task, Fd socket);
  void start_child(Task& child, Stream& parent);
  void begin(Stream& stream);
  void drive(Stream& stream, Op next);
  void complete(Stream& stream, const Completion& ended);
  void park(Stream& stream, Waits waits, Time until);
  Attempt perform(Stream& stream, const Op& next);
  Attempt sleep(Stream& stream, const op::Sleep& wanted);
  Attempt file(Stream& stream, const Op& wanted);
  void take_files();
  Attempt gather(Stream& stream, const op::Gather& wanted);
  Completion gathered() const;
  void finish(Stream& stream);
  void discard_children(Stream& stream);

  // Streams (loop_streams.cpp).
  int watch(Stream& stream, bool for_room);
  void watch_for_room(Stream& stream, bool for_room);
  void has_sent(Stream& stream);
  Attempt connect(Stream& stream, const op::Connect& wanted);
  Attempt try_connect(Stream& stream, const op::Connect& wanted);
  Completion connected(Stream& stream, int error);
  Attempt receive(Stream& stream, const op::Receive& wanted);
  Attempt try_receive(Stream& stream);
  Attempt send(Stream& stream, op::Send wanted);
  Attempt try_send(Stream& stream, op::Send& rest);
  void close(Stream& stream, bool reset);

  Job& job_;
  const unsigned lane_;
  LaneReport& report_;
  Poller poller_;
  ReceiveBuffers buffers_;
  TimerQueue<Stream> timers_;
  Time last_known_time_ = now();     // never later than now
  std::vector<Stream*> running_;     // of the tasks that have not finished
  std::vector<Stream*> ready_;       // that can go on
  std::vector<Stream*> going_on_;    // scratch of turn()
  std::unique_ptr<FilePool> files_;  // from the first file operation that blocks

  int listener_ = -1;
  bool accepts_unix_ = false;
  bool is_accepting_ = false;
  bool has_arrivals_ = false;  // the listener has not been found empty since its last edge
  Time accept_again_at_ = kNever;

  std::atomic<bool> stop_requested_ = false;
  bool is_woken_ = false;
  bool is_stopping_ = false;
  std::uint64_t receives_in_vain_ = 0;
  std::uint64_t short_sends_ = 0;
};

}  // namespace asyncbench::reactor
