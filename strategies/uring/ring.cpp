#include "ring.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "core/strategy.hpp"

namespace asyncbench::uring {

namespace {

constexpr unsigned kSetSocketOption = 3;  // SOCKET_URING_OP_SETSOCKOPT of linux/io_uring.h

}  // namespace

void prepare_set_option(io_uring_sqe* sqe, int slot, int level, int name, const void* value,
                        unsigned size) {
  io_uring_prep_rw(IORING_OP_URING_CMD, sqe, slot, nullptr, 0, 0);
  sqe->cmd_op = kSetSocketOption;
  sqe->addr = static_cast<std::uint32_t>(level) | static_cast<std::uint64_t>(name) << 32U;
  sqe->file_index = size;                               // shares its place with optlen
  sqe->addr3 = reinterpret_cast<std::uint64_t>(value);  // and this with optval
  sqe->flags |= IOSQE_FIXED_FILE;
}

std::string explain_refusal(int error) {
  std::string text = "io_uring_setup: ";
  text += strerrorname_np(error);
  switch (error) {
    case EPERM:
    case EACCES:
      return text +
             ": io_uring is forbidden here; set /proc/sys/kernel/io_uring_disabled to 0, and in a "
             "container allow it in the seccomp profile (--security-opt seccomp=...)";
    case ENOSYS:
      return text +
             ": no io_uring in this kernel, or a seccomp filter hides it; use Linux 5.11 or "
             "later, and in a container allow it in the seccomp profile";
    case ENOMEM:
      return text +
             ": the locked-memory limit is too low for a ring; raise it (ulimit -l unlimited)";
    case EMFILE:
      return text + ": no descriptor left; raise the limit (ulimit -n)";
    default:
      return text + ": " + std::strerror(error);
  }
}

Ring::Ring(unsigned direct_slots, unsigned accept_slots) {
  set_up();
  probe();
  register_descriptor_table(direct_slots, accept_slots);
}

Ring::~Ring() { io_uring_queue_exit(&ring_); }

void Ring::note(bool ok, const char* feature, int error) {
  if (ok) {
    granted_.emplace_back(feature);
  } else {
    refused_.push_back(std::string(feature) +
                       (error == 0 ? "" : std::string(": ") + strerrorname_np(error)));
  }
}

void Ring::set_up() {
  struct Attempt {
    unsigned flags;
    const char* name;
  };
  static constexpr std::array<Attempt, 3> kAttempts = {
      {{IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_SUBMIT_ALL,
        "SINGLE_ISSUER and DEFER_TASKRUN"},
       {IORING_SETUP_COOP_TASKRUN | IORING_SETUP_SUBMIT_ALL, "COOP_TASKRUN"},
       {0, "a ring without flags"}}};
  int error = 0;
  for (const Attempt& attempt : kAttempts) {
    io_uring_params params{};
    params.flags = attempt.flags | IORING_SETUP_CQSIZE;
    params.cq_entries = kCompletionEntries;
    error = -io_uring_queue_init_params(kSubmissionEntries, &ring_, &params);
    note(error == 0, attempt.name, error);
    if (error == 0) {
      features_.defer_taskrun = (attempt.flags & IORING_SETUP_DEFER_TASKRUN) != 0;
      break;
    }
    if (error != EINVAL) break;  // not a matter of flags
  }
  if (error != 0) throw StrategyError(explain_refusal(error));
  constexpr unsigned kNeeded = IORING_FEAT_NODROP | IORING_FEAT_EXT_ARG;
  if ((ring_.features & kNeeded) != kNeeded) {
    io_uring_queue_exit(&ring_);
    throw StrategyError("io_uring is too old here (no EXT_ARG); use Linux 5.11 or later");
  }
  const int registered = io_uring_register_ring_fd(&ring_);
  features_.registered_ring_fd = registered == 1;
  note(features_.registered_ring_fd, "registered ring descriptor",
       registered < 0 ? -registered : 0);
}

void Ring::probe() {
  io_uring_probe* const probed = io_uring_get_probe_ring(&ring_);
  const auto has = [probed](int op) {
    return probed != nullptr && io_uring_opcode_supported(probed, op) != 0;
  };
  // Multishot accept came with SOCKET, multishot receive with SEND_ZC: neither has a bit of its
  // own.
  features_.multishot_accept = has(IORING_OP_SOCKET);
  features_.multishot_receive = has(IORING_OP_SEND_ZC);
  features_.direct_descriptors = has(IORING_OP_SOCKET) && has(IORING_OP_URING_CMD);
  io_uring_free_probe(probed);
  note(features_.multishot_accept, "multishot accept");
}

void Ring::register_descriptor_table(unsigned slots, unsigned accept_slots) {
  int error = EOPNOTSUPP;
  if (features_.direct_descriptors) {
    error = -io_uring_register_files_sparse(&ring_, slots);
    if (error == 0 && accept_slots > 0) {
      error = -io_uring_register_file_alloc_range(&ring_, slots - accept_slots, accept_slots);
    }
    if (error == 0 && !rehearse_direct_socket()) error = EOPNOTSUPP;
    if (error != 0) io_uring_unregister_files(&ring_);
  }
  features_.direct_descriptors = error == 0;
  note(error == 0, "direct descriptors", error);
}

// Makes, configures and closes a socket the way that Loop::connect() does.
bool Ring::rehearse_direct_socket() {
  static constexpr int kOn = 1;
  io_uring_sqe* sqe = entries(3);
  io_uring_prep_socket_direct(sqe, AF_INET, SOCK_STREAM, 0, 0, 0);
  sqe->flags |= IOSQE_IO_HARDLINK;
  sqe = io_uring_get_sqe(&ring_);
  prepare_set_option(sqe, 0, IPPROTO_TCP, TCP_NODELAY, &kOn, sizeof kOn);
  sqe->flags |= IOSQE_IO_HARDLINK;
  sqe = io_uring_get_sqe(&ring_);
  io_uring_prep_close_direct(sqe, 0);
  bool ok = io_uring_submit_and_wait(&ring_, 3) == 3;
  for (int i = 0; i < 3; ++i) {
    io_uring_cqe* cqe = nullptr;
    if (io_uring_wait_cqe(&ring_, &cqe) != 0) return false;
    ok = ok && cqe->res >= 0;
    io_uring_cqe_seen(&ring_, cqe);
  }
  return ok;
}

io_uring_sqe* Ring::entries(unsigned count) {
  if (io_uring_sq_space_left(&ring_) < count) enter(false);
  io_uring_sqe* const sqe = io_uring_get_sqe(&ring_);
  if (sqe == nullptr) throw StrategyError("io_uring_enter: the kernel takes no more submissions");
  return sqe;
}

void Ring::enter(bool wait) {
  const int result =
      wait ? io_uring_submit_and_wait(&ring_, 1) : io_uring_submit_and_get_events(&ring_);
  // A call that fails or is cut short leaves entries in the queue: they go with a later one.
  if (io_uring_sq_ready(&ring_) == 0) ++submissions_;
  // EBUSY: the completion queue has overflowed and must be reaped first; what was queued stays
  // queued.
  if (result < 0 && result != -EINTR && result != -EAGAIN && result != -EBUSY) {
    throw StrategyError(std::string("io_uring_enter: ") + strerrorname_np(-result));
  }
}

}  // namespace asyncbench::uring
