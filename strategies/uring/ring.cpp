// Using a ring: finding entries, entering the kernel.
#include "ring.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <thread>

#include "core/strategy.hpp"

namespace asyncbench::uring {

namespace {

constexpr unsigned kSetSocketOption = 3;       // SOCKET_URING_OP_SETSOCKOPT of linux/io_uring.h
constexpr unsigned kEnterNoIowait = 1U << 7U;  // IORING_ENTER_NO_IOWAIT, Linux 6.15

// struct io_uring_getevents_arg of Linux 6.12: what liburing 2.3 still calls padding is the minimum
// wait.
struct WaitArguments {
  std::uint64_t signal_mask = 0;
  std::uint32_t signal_mask_bytes = _NSIG / 8;
  std::uint32_t minimum_wait_us = 0;
  std::uint64_t time_limit = 0;
};
static_assert(sizeof(WaitArguments) == sizeof(io_uring_getevents_arg));

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

io_uring_sqe* Ring::entries(unsigned count) {
  if (io_uring_sq_space_left(&ring_) < count) enter(0);
  if (features_.kernel_thread) {
    // It takes them in its own time, and may need this processor for it.
    while (io_uring_sq_space_left(&ring_) < count) std::this_thread::yield();
  }
  io_uring_sqe* const sqe = io_uring_get_sqe(&ring_);
  if (sqe == nullptr) throw StrategyError("io_uring_enter: the kernel takes no more submissions");
  return sqe;
}

void Ring::enter(unsigned completions, std::chrono::microseconds batch_wait) {
  int result = 0;
  if (features_.kernel_thread && io_uring_cq_ready(&ring_) >= completions) {
    result = io_uring_submit(&ring_);  // a system call only if the thread sleeps
  } else if (completions == 0) {
    result = io_uring_submit_and_get_events(&ring_);
  } else if (completions > 1 && features_.minimum_wait) {
    result = enter_with_arguments(completions, batch_wait);
  } else if (features_.no_iowait) {
    result = enter_with_arguments(completions, std::chrono::microseconds::zero());
  } else {
    result = io_uring_submit_and_wait(&ring_, completions);
  }
  // A call that fails or is cut short leaves entries in the queue: they go with a later one.
  if (io_uring_sq_ready(&ring_) == 0) ++submissions_;
  // EBUSY: the completion queue has overflowed and must be reaped first; what was queued stays
  // queued.
  if (result < 0 && result != -EINTR && result != -EAGAIN && result != -EBUSY && result != -ETIME) {
    throw StrategyError(std::string("io_uring_enter: ") + strerrorname_np(-result));
  }
}

// liburing 2.3 has no call for the minimum wait and for waits beside iowait, so this does what its
// calls do: it hands the queue over and enters.
int Ring::enter_with_arguments(unsigned completions, std::chrono::microseconds minimum_wait) {
  static constexpr __kernel_timespec kNoLimit{.tv_sec = 1 << 30, .tv_nsec = 0};
  const bool is_limited = minimum_wait > std::chrono::microseconds::zero();
  const WaitArguments arguments{
      .minimum_wait_us = static_cast<std::uint32_t>(minimum_wait.count()),
      .time_limit = is_limited ? reinterpret_cast<std::uint64_t>(&kNoLimit) : 0};
  unsigned flags = IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG;
  if (features_.no_iowait) flags |= kEnterNoIowait;
  if (features_.registered_ring_fd) flags |= IORING_ENTER_REGISTERED_RING;
  unsigned queued = 0;
  if (features_.kernel_thread) {
    if (const int result = io_uring_submit(&ring_); result < 0) return result;
  } else {
    ring_.sq.sqe_head = ring_.sq.sqe_tail;
    io_uring_smp_store_release(ring_.sq.ktail, ring_.sq.sqe_tail);
    queued = io_uring_sq_ready(&ring_);
  }
  return io_uring_enter2(static_cast<unsigned>(ring_.enter_ring_fd), queued, completions, flags,
                         reinterpret_cast<sigset_t*>(const_cast<WaitArguments*>(&arguments)),
                         sizeof arguments);
}

}  // namespace asyncbench::uring
