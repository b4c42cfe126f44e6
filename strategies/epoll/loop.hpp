// One event loop: performs the operations of the tasks of one lane.
#pragma once

#include <cstdint>
#include <vector>

#include "core/event_loop.hpp"
#include "core/file_pool.hpp"
#include "poller.hpp"
#include "stream.hpp"

namespace asyncbench::reactor {

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
  void note(const epoll_event& event);
  void go_on(Stream& stream);
  void watch_listener(bool is_wanted);
  Attempt file(Stream& stream, const Op& wanted);

  // Streams (loop_streams.cpp).
  int watch(Stream& stream, bool for_room);
  void watch_for_room(Stream& stream, bool for_room);
  void has_sent(Stream& stream);
  Attempt connect(Stream& stream, const op::Connect& wanted);
  Completion connected(Stream& stream, int error);
  bool adopt(Stream& stream, Fd accepted);
  Attempt receive(Stream& stream, const op::Receive& wanted);
  Attempt receive_now(Stream& stream);
  Attempt send(Stream& stream, op::Send wanted);
  void abandon(Stream& stream);
  void close(Stream& stream, bool reset);

  Poller poller_;
  FilePool files_{[this] { poller_.wake(); }};
  std::vector<Stream*> have_news_;  // whose operations may end
  bool accepts_unix_ = false;
  bool has_arrivals_ = false;
  bool is_woken_ = false;
  std::uint64_t receives_in_vain_ = 0;
  std::uint64_t short_sends_ = 0;
};

}  // namespace asyncbench::reactor
