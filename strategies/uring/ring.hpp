// One io_uring instance with the best features that this kernel grants, of those that are asked
// for.
#pragma once

#include <liburing.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "core/job.hpp"
#include "options.hpp"
#include "slots.hpp"

namespace asyncbench::uring {

// One submission carries up to kSubmissionEntries operations; the completion queue is larger, since
// multishot operations complete many times. Should it overflow, the kernel keeps the rest.
inline constexpr unsigned kSubmissionEntries = 512;
inline constexpr unsigned kCompletionEntries = 8192;

// How long a wait for several completions lasts at most before one is enough. Longer than the
// kernel's tick (4 ms at 250 Hz): nearer than that, every wait would have to set the processor's
// timer, which costs more than a tenth of a read from a fast disk.
inline constexpr std::chrono::microseconds kBatchWaitMax{10'000};

// The same while sockets are waited for, where somebody waits at the other end.
inline constexpr std::chrono::microseconds kGatherWaitMax{50};

// How long the kernel's thread (Options::TaskWork::kernel_thread) spins without work before it
// sleeps: longer than the pauses between the operations of a busy loop, so that nobody has to wake
// it.
inline constexpr std::chrono::milliseconds kKernelThreadSpin{10};

// The loop's, and one for that thread.
inline constexpr unsigned kCpusOfKernelThread = 2;

// What a ring can do and should, from probing it: by asking, and where asking is not enough by
// trying.
struct Features {
  // Completions are posted only inside io_uring_enter, by the submitting thread (Linux 6.1). This
  // order is also what makes skipped send completions provable, see Loop::send().
  bool defer_taskrun = false;
  bool kernel_thread = false;       // submits what is queued by itself
  bool registered_ring_fd = false;  // saves the look-up of the ring's descriptor (5.18)
  // Sockets and files live in the ring's own table, made, configured and closed by operations of
  // the ring (SOCKET 5.19, SETSOCKOPT 6.7).
  bool direct_descriptors = false;
  bool provided_buffers = false;   // a ring of them
  bool multishot_receive = false;  // into provided buffers (6.0)
  bool multishot_accept = false;   // 5.19
  bool receive_bundles = false;    // one completion for several provided buffers (6.10)
  bool minimum_wait = false;       // 6.12
  bool no_iowait = false;          // waits that do not count as iowait (6.15)
  // Receives that do not look before news has come, and say whether more is left (5.19).
  bool poll_first = false;
  bool zerocopy_sends = false;   // 6.0
  bool zerocopy_report = false;  // which of them were copied all the same (6.2)
};

class Ring {
 public:
  // `lane`: among the loops of the job. Throws StrategyError when there can be no ring at all.
  Ring(const Options& options, SlotPlan slots, unsigned lane);
  ~Ring();
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  io_uring* get() { return &ring_; }
  const Features& features() const { return features_; }
  const std::vector<std::string>& granted() const { return granted_; }
  const std::vector<std::string>& refused() const { return refused_; }

  // An empty entry of the submission queue; a full queue is submitted first.
  io_uring_sqe* entry() { return entries(1); }

  // The same with `count` free entries guaranteed, for a chain of linked ones. Returns the first.
  io_uring_sqe* entries(unsigned count);

  // Memory for the time that an entry points to: its own until the kernel has taken the entry.
  __kernel_timespec& time_of(const io_uring_sqe* sqe) {
    return times_[static_cast<std::size_t>(sqe - ring_.sq.sqes)];
  }

  // Submits what is queued, and waits until there are so many completions; 0: not at all. More than
  // one are awaited for `batch_wait` at most, then one is enough; where the kernel cannot do that,
  // all of them are: that many operations must be certain to end.
  void enter(unsigned completions, std::chrono::microseconds batch_wait = kBatchWaitMax);

  // Grows whenever the kernel has taken all that was queued: an entry is submitted once this has
  // changed since it was queued.
  std::uint64_t submissions() const { return submissions_; }

 private:
  // Making the ring, in ring_setup.cpp.
  void set_up(Options::TaskWork task_work, unsigned lane);
  void probe(const Options& options);
  void register_descriptor_table(SlotPlan slots);
  bool rehearse_direct_socket();
  void note(bool ok, const char* feature, int error = 0);

  int enter_with_arguments(unsigned completions, std::chrono::microseconds minimum_wait);

  io_uring ring_{};
  Features features_;
  std::vector<std::string> granted_;
  std::vector<std::string> refused_;
  std::uint64_t submissions_ = 0;
  std::array<__kernel_timespec, kSubmissionEntries> times_{};  // by the entry's place in the queue
};

// A setsockopt(2) as an operation of the ring, on a direct descriptor. `value` is read when the
// entry is submitted. Fields by io_uring_enter(2) of Linux 6.7: liburing 2.3 has no helper.
void prepare_set_option(io_uring_sqe* sqe, int slot, int level, int name, const void* value,
                        unsigned size);

// Why this host cannot run a loop with these options: "io_uring_setup: EPERM: ... ; remedy", for
// people. Empty: it can.
std::string refusal(const Options& options);

}  // namespace asyncbench::uring
