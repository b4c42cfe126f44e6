// What the loop keeps for one task.
#pragma once

#include <memory>

#include "core/fd.hpp"
#include "core/loop_task.hpp"

namespace asyncbench::reactor {

struct Stream final : LoopTask {
  using LoopTask::LoopTask;

  Fd socket;
  // Whether a receive may bring something: edges set it, and a receive that got less than it asked
  // for clears it, for then the socket is empty and the next byte makes an edge (epoll(7)).
  // Without a socket it stands too, so that a receive says what is wrong instead of waiting.
  bool may_receive = true;
  // The peer will send no more, or there was an error: what was told together with the last bytes
  // makes no edge after them.
  bool has_hung_up = false;
  bool is_watched_for_room = false;  // EPOLLOUT is asked for
  bool is_unix = false;
  std::unique_ptr<FileWait> file;  // from the first file operation that blocked
};

// With 16 bytes in the timers' heap and 8 in the list of running tasks, all that an idle connection
// costs beside its task and the kernel's share.
static_assert(sizeof(Stream) <= 136);

}  // namespace asyncbench::reactor
