// Accepting connections.
#include <sys/socket.h>

#include "loop.hpp"

namespace asyncbench::uring {

void Loop::arm_accept() {
  // The kernel hands out the slots itself; the helper adds one to the index.
  static constexpr unsigned kAnySlot = IORING_FILE_INDEX_ALLOC - 1;
  const int socket = job_.acceptor->socket(lane_);
  io_uring_sqe* const sqe = ring_.entry();
  if (ring_.features().direct_descriptors) {
    io_uring_prep_accept_direct(sqe, socket, nullptr, nullptr, 0, kAnySlot);
  } else {
    io_uring_prep_accept(sqe, socket, nullptr, nullptr, SOCK_CLOEXEC);
  }
  if (ring_.features().multishot_accept) sqe->ioprio |= IORING_ACCEPT_MULTISHOT;
  sqe->user_data = Tag{Kind::accept}.bits();
  accept_armed_ = true;
}

void Loop::accepted(const io_uring_cqe& cqe) {
  accept_armed_ = (cqe.flags & IORING_CQE_F_MORE) != 0;
  if (cqe.res >= 0) {
    std::unique_ptr<Task> task = is_stopping_ ? nullptr : job_.acceptor->accepted(lane_);
    ++live_tasks_;
    Task* const raw = task.get();
    Stream& stream = add_stream(raw, std::move(task));
    stream.descriptor = cqe.res;
    if (raw != nullptr) {
      drive(stream, raw->start(lane_));
    } else {
      finish(stream);
    }
  } else if (is_resource_shortage(-cqe.res)) {
    ++report_.accept_pauses;
    accept_again_at_ = now() + kAcceptPause;
  }
  if (is_accepting_ && !accept_armed_ && accept_again_at_ == kNever) arm_accept();
}

}  // namespace asyncbench::uring
