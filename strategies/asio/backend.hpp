// The compiler includes this before everything else in the sources of this folder (CMakeLists.txt).
// It counts the returns of the calls that Asio waits with, since Asio does not report them, and
// corrects one of its io_uring calls.
#pragma once

#include "core/job.hpp"

#if defined(BOOST_ASIO_HAS_IO_URING)
#include <liburing.h>
#else
#include <sys/epoll.h>
#endif

namespace asyncbench::asio_loop {

// The report of the loop that this thread runs; null: it runs none.
inline constinit thread_local LaneReport* waiting_lane = nullptr;

// While it lives, this thread's waits count for a lane.
class CountsWaits {
 public:
  explicit CountsWaits(LaneReport& lane) { waiting_lane = &lane; }
  ~CountsWaits() { waiting_lane = nullptr; }
  CountsWaits(const CountsWaits&) = delete;
  CountsWaits& operator=(const CountsWaits&) = delete;
};

inline void wait_returned() {
  if (waiting_lane != nullptr) waiting_lane->woke();
}

// Asio found completions in the ring without a wait. It takes the completions of a batch one by
// one, and looks into the ring for each. Only the first look after an operation has ended counts as
// a wake-up, so that a batch counts once.
inline void looked_into_ring() {
  LaneReport* const lane = waiting_lane;
  if (lane == nullptr) return;
  if (lane->wakeups == 0 || lane->completions != lane->completions_before) lane->woke();
}

}  // namespace asyncbench::asio_loop

#if defined(BOOST_ASIO_HAS_IO_URING)

// The call enters the kernel only when there is no completion yet.
inline int asyncbench_wait_cqe(io_uring* ring, io_uring_cqe** cqe) {
  const bool enters = io_uring_cq_ready(ring) == 0;
  const int result = io_uring_wait_cqe(ring, cqe);
  if (enters) {
    asyncbench::asio_loop::wait_returned();
  } else {
    asyncbench::asio_loop::looked_into_ring();
  }
  return result;
}
#define io_uring_wait_cqe asyncbench_wait_cqe

inline int asyncbench_peek_cqe(io_uring* ring, io_uring_cqe** cqe) {
  const int result = io_uring_peek_cqe(ring, cqe);
  if (result == 0) asyncbench::asio_loop::looked_into_ring();
  return result;
}
#define io_uring_peek_cqe asyncbench_peek_cqe

// Asio 1.81 sets no user_data for a cancel request and relies on liburing to have cleared it, but
// liburing 2.3 leaves what the entry's last use wrote. Once the ring's 16,384 entries have been
// used, the end of a cancel would be taken for the end of another stream's operation, which would
// then report an end of file that never came.
inline void asyncbench_prep_cancel(io_uring_sqe* entry, void* user_data, int flags) {
  io_uring_prep_cancel(entry, user_data, flags);
  io_uring_sqe_set_data(entry, nullptr);
}
#define io_uring_prep_cancel asyncbench_prep_cancel

#else

inline int asyncbench_epoll_wait(int epoll, epoll_event* events, int size, int timeout_ms) {
  const int count = ::epoll_wait(epoll, events, size, timeout_ms);
  asyncbench::asio_loop::wait_returned();
  return count;
}
#define epoll_wait asyncbench_epoll_wait

#endif
