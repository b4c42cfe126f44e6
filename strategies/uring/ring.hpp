// One io_uring instance with the best features that this kernel grants.
#pragma once

#include <liburing.h>

#include <cstdint>
#include <string>
#include <vector>

#include "core/job.hpp"

namespace asyncbench::uring {

// One submission carries up to kSubmissionEntries operations; the completion queue is larger, since
// multishot operations complete many times. Should it overflow, the kernel keeps the rest.
inline constexpr unsigned kSubmissionEntries = 512;
inline constexpr unsigned kCompletionEntries = 8192;

// What a ring can do, from probing it: by asking, and where asking is not enough by trying.
struct Features {
  // Completions are posted only inside io_uring_enter, by the submitting thread (Linux 6.1). This
  // order is also what makes skipped send completions provable, see Loop::send().
  bool defer_taskrun = false;
  bool registered_ring_fd = false;  // saves the look-up of the ring's descriptor (5.18)
  // Sockets live in the ring's own table, made, configured and closed by operations of the ring
  // (SOCKET 5.19, SETSOCKOPT 6.7).
  bool direct_descriptors = false;
  bool multishot_receive = false;  // with a ring of provided buffers (6.0)
  bool multishot_accept = false;   // 5.19
};

class Ring {
 public:
  // `direct_slots`: sockets that the table must hold, of which the last `accept_slots` are for the
  // kernel to hand out on accept. Throws StrategyError when there can be no ring at all.
  Ring(unsigned direct_slots, unsigned accept_slots);
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

  // Submits what is queued. `wait`: until there is a completion.
  void enter(bool wait);

  // Grows whenever the kernel has taken all that was queued: an entry is submitted once this has
  // changed since it was queued.
  std::uint64_t submissions() const { return submissions_; }

 private:
  void set_up();
  void probe();
  void register_descriptor_table(unsigned slots, unsigned accept_slots);
  bool rehearse_direct_socket();
  void note(bool ok, const char* feature, int error = 0);

  io_uring ring_{};
  Features features_;
  std::vector<std::string> granted_;
  std::vector<std::string> refused_;
  std::uint64_t submissions_ = 0;
};

// A setsockopt(2) as an operation of the ring, on a direct descriptor. `value` is read when the
// entry is submitted. Fields by io_uring_enter(2) of Linux 6.7: liburing 2.3 has no helper.
void prepare_set_option(io_uring_sqe* sqe, int slot, int level, int name, const void* value,
                        unsigned size);

// "io_uring_setup: EPERM: ... ; remedy", for people. `error` is a positive errno.
std::string explain_refusal(int error);

}  // namespace asyncbench::uring
