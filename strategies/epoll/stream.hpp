// What the loop keeps for one task.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/fd.hpp"
#include "core/file_pool.hpp"
#include "core/task.hpp"
#include "core/timer_queue.hpp"
#include "receive_buffers.hpp"

namespace asyncbench::reactor {

struct Stream;

// A file operation in the pool's hands.
struct FileWait : FileWork {
  Stream* stream = nullptr;
};

// What an operation under way waits for. `nothing`: the task runs, has finished, or has its next
// turn to come.
enum class Waits : std::uint8_t { nothing, connect, receive, send, sleep, file, children };

// Lives in Task::state: while the task runs; for a gathered child, until its owner has finished.
struct Stream final : TaskState, Timer {
  explicit Stream(Task& of) : task(&of) {}

  Fd socket;
  Waits waits = Waits::nothing;
  // Whether a receive may bring something: edges set it, and a receive that got less than it asked
  // for clears it, for then the socket is empty and the next byte makes an edge (epoll(7)).
  // Without a socket it stands too, so that a receive says what is wrong instead of waiting.
  bool may_receive = true;
  // The peer will send no more, or there was an error: what was told together with the last bytes
  // makes no edge after them.
  bool has_hung_up = false;
  bool is_watched_for_room = false;  // EPOLLOUT is asked for
  bool is_unix = false;
  std::uint32_t unfinished_children = 0;
  std::uint32_t index = 0;  // in Loop::running_
  Task* task;
  ReceiveBuffers::Buffer lent;  // what the task received, for as long as it may look at it

  Op wanted = op::Finish{};  // the operation that waits, where it is needed; the next one, if none
  std::unique_ptr<Task> owned;                   // the task of an accepted connection
  Stream* parent = nullptr;                      // whose Gather this run belongs to
  std::unique_ptr<FileWait> file;                // from the first file operation that blocked
  std::unique_ptr<std::vector<Task*>> children;  // that belong to this task
};

// With 16 bytes in the timers' heap and 8 in the list of running tasks, all that an idle connection
// costs beside its task and the kernel's share.
static_assert(sizeof(Stream) <= 136);

}  // namespace asyncbench::reactor
