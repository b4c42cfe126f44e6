// What tells the variants of uring apart.
#pragma once

#include <cstdint>

namespace asyncbench::uring {

// Each switch stands at its best setting for general use; a variant turns one of them.
struct Options {
  // Who does what the kernel puts off when an operation cannot end within its submission.
  enum class TaskWork : std::uint8_t {
    deferred,       // the submitting thread, inside io_uring_enter alone (DEFER_TASKRUN)
    cooperative,    // the submitting thread, in any system call of its (COOP_TASKRUN)
    kernel_thread,  // a thread that submits as well, and spins for more (SQPOLL)
  };

  TaskWork task_work = TaskWork::deferred;
  bool multishot = true;           // accepts and receives that complete many times
  bool direct_descriptors = true;  // sockets and files live in the ring's own table
  bool buffer_ring = true;         // receives into buffers that the kernel picks
  bool receive_bundles = false;    // a receive fills as many of these buffers as it can
  bool zerocopy_sends = false;     // of kZerocopyBytesMin or more
  bool fixed_buffers = true;       // transfers in memory registered beforehand
  bool batch_waits = true;  // for a share of the reads and writes in flight, not for the next one
  bool gathers_replies = false;  // batch_waits for sockets, too, of kGatherWaitMax at most
  bool counts_as_iowait = true;  // a thread that waits in the ring is in "iowait"
};

}  // namespace asyncbench::uring
