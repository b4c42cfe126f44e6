// One event loop: performs the operations of the tasks of one lane with libevent.
#pragma once

#include <cstdint>

#include "base.hpp"
#include "core/event_loop.hpp"
#include "core/file_pool.hpp"
#include "core/loop_descriptors.hpp"
#include "stream.hpp"

namespace asyncbench::libevent {

class Loop final : public EventLoop<Loop, Stream> {
 public:
  // Throws StrategyError when the system grants no descriptors.
  Loop(Job& job, unsigned lane);

  // Runs to the end of the job.
  void run();

  // From any thread: the hard stop.
  void stop();

 private:
  friend class EventLoop<Loop, Stream>;

  // Turning (loop.cpp).
  void turn();
  void arm(Time due);
  void watch_listener(bool is_wanted);
  Attempt file(Stream& stream, const Op& wanted);

  // Streams (loop_streams.cpp).
  bool await(Stream& stream, short what);
  void has_news(Stream& stream);
  Attempt connect(Stream& stream, const op::Connect& wanted);
  Completion connected(Stream& stream, int error);
  bool adopt(Stream& stream, Fd accepted);
  Attempt receive(Stream& stream, const op::Receive& wanted);
  Attempt receive_now(Stream& stream);
  Attempt send(Stream& stream, op::Send wanted);
  void abandon(Stream& stream);
  void close(Stream& stream, bool reset);

  Base base_;
  TimerFd timer_fd_;
  WakeFd wake_fd_;
  Event timer_;
  Event wake_;
  Event arrivals_;
  FilePool files_{[this] { wake_fd_.wake(); }};
  std::uint64_t receives_in_vain_ = 0;
  std::uint64_t short_sends_ = 0;
};

}  // namespace asyncbench::libevent
