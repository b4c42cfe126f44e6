// One event loop over edge-triggered epoll: performs the operations of the tasks of one lane.
#pragma once

#include <cstdint>
#include <vector>

#include "core/epoll_waiter.hpp"
#include "core/socket_driver.hpp"
#include "handout.hpp"

namespace asyncbench::reactor {

struct Stream final : SocketTask {
  using SocketTask::SocketTask;

  bool is_watched_for_room = false;  // EPOLLOUT is asked for
};

// With 16 bytes in the timers' heap and 8 in the list of running tasks, all that an idle connection
// costs beside its task and the kernel's share.
static_assert(sizeof(Stream) <= 136);

class Loop final : public SocketDriver<Loop, Stream> {
 public:
  // With a handout, which outlives all loops, the loop of lane 0 accepts for all of them. Throws
  // StrategyError when the system grants no descriptors.
  Loop(Job& job, unsigned lane, FilePolicy files_in_loop, Handout* handout);

 private:
  friend class TaskDriver<Loop, Stream>;
  friend class SocketDriver<Loop, Stream>;

  using Source = EpollWaiter::Source;

  // Turning.
  void turn();
  void note(const epoll_event& event);
  void watch_listener(bool is_wanted);
  void hand_out();
  void take_handed();

  // Streams.
  int watch(Stream& stream, bool connects);
  void watch_for_room(Stream& stream, bool for_room);
  int await(Stream& stream, Waits what);
  void has_sent(Stream& stream);
  int result_of_connect(Stream& stream);

  Handout* const handout_;  // null: each loop accepts what it serves
  EpollWaiter epoll_;
  std::vector<Stream*> have_news_;  // whose operations may end
  bool has_arrivals_ = false;
  bool has_handed_ = false;
  bool is_woken_ = false;
};

}  // namespace asyncbench::reactor
