// Included by the compiler before everything else in this folder's sources (CMakeLists.txt): counts
// the returns of the calls that Asio waits with, of which it tells nobody.
#pragma once

#include <sys/epoll.h>

#include "core/job.hpp"

namespace asyncbench::asio_loop {

// Of the loop that this thread runs; null: it runs none.
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

// The ring had completions without a wait: of one batch, which Asio takes out one by one, the first
// counts, whose look is the first since an operation has ended.
inline void looked_into_ring() {
  LaneReport* const lane = waiting_lane;
  if (lane == nullptr) return;
  if (lane->wakeups == 0 || lane->completions != lane->completions_before) lane->woke();
}

}  // namespace asyncbench::asio_loop

#if defined(BOOST_ASIO_HAS_IO_URING)

// Enters the kernel only when nothing has come yet.
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

#else

inline int asyncbench_epoll_wait(int epoll, epoll_event* events, int size, int timeout_ms) {
  const int count = ::epoll_wait(epoll, events, size, timeout_ms);
  asyncbench::asio_loop::wait_returned();
  return count;
}
#define epoll_wait asyncbench_epoll_wait

#endif
