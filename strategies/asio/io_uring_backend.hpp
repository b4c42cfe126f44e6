// Included by the compiler before everything else in the sources of `asio_uring` (CMakeLists.txt):
// chooses Asio's io_uring backend for the whole translation unit.
#pragma once

#include <liburing.h>

#define BOOST_ASIO_HAS_IO_URING 1
#define BOOST_ASIO_DISABLE_EPOLL 1

// Asio 1.81 gives a cancel request no user_data of its own, and trusts liburing to have cleared it;
// liburing 2.3 leaves there what the entry's last use wrote. Once the ring's 16,384 entries have
// been used, the end of a cancel would be taken for that of another stream's operation, which then
// reports an end of file that never came.
inline void asyncbench_prep_cancel(io_uring_sqe* entry, void* user_data, int flags) {
  io_uring_prep_cancel(entry, user_data, flags);
  io_uring_sqe_set_data(entry, nullptr);
}
#define io_uring_prep_cancel asyncbench_prep_cancel
