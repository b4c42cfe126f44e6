// Streams: accepting, connecting and closing.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <string>

#include "core/endpoint.hpp"
#include "core/socket_ops.hpp"
#include "core/strategy.hpp"
#include "loop.hpp"

namespace asyncbench::uring {

namespace {

constexpr int kOn = 1;
constexpr linger kResetOnClose{.l_onoff = 1, .l_linger = 0};

}  // namespace

// A multishot accept takes all that wait, and resets those for which the table has no slot left.
// They stay in the listener's queue only if nothing is accepted then, so many are accepted at once
// only while there are slots for a full queue, and for as many that come while it is emptied.
void Loop::prepare_accepting() {
  if (!ring_.features().direct_descriptors || !ring_.features().multishot_accept) return;
  tcp_info info{};
  socklen_t size = sizeof info;
  unsigned backlog = SOMAXCONN;
  // Of a listener, tcpi_sacked is the length of its queue (tcp_get_info() in net/ipv4/tcp.c).
  if (getsockopt(listener(), IPPROTO_TCP, TCP_INFO, &info, &size) == 0) backlog = info.tcpi_sacked;
  arrivals_max_ = 2 * (backlog + 1);
  if (may_accept_many()) return;
  report().refused.push_back("multishot accept: fewer than " + std::to_string(arrivals_max_) +
                             " descriptors to spare");
}

bool Loop::may_accept_many() const {
  return ring_.features().multishot_accept &&
         (!ring_.features().direct_descriptors || slots_.free_for_accepted() > arrivals_max_);
}

void Loop::watch_listener(bool is_wanted) {
  if (is_wanted == accept_armed_) return;
  if (is_wanted) {
    arm_accept();
  } else {
    cancel(Tag{Kind::accept}.bits());
  }
}

void Loop::arm_accept() {
  if (ring_.features().direct_descriptors && slots_.free_for_accepted() == 0) {
    return pause_accepting();
  }
  // The kernel hands out the slots itself; the helper adds one to the index.
  static constexpr unsigned kAnySlot = IORING_FILE_INDEX_ALLOC - 1;
  io_uring_sqe* const sqe = ring_.entry();
  if (ring_.features().direct_descriptors) {
    io_uring_prep_accept_direct(sqe, listener(), nullptr, nullptr, 0, kAnySlot);
  } else {
    io_uring_prep_accept(sqe, listener(), nullptr, nullptr, SOCK_CLOEXEC);
  }
  if (may_accept_many()) sqe->ioprio |= IORING_ACCEPT_MULTISHOT;
  sqe->user_data = Tag{Kind::accept}.bits();
  accept_armed_ = true;
  accept_cancelled_ = false;
}

void Loop::accepted(const io_uring_cqe& cqe) {
  accept_armed_ = (cqe.flags & IORING_CQE_F_MORE) != 0;
  if (cqe.res >= 0) {
    if (ring_.features().direct_descriptors) slots_.accepted();
    if (is_stopping() || !begin_accepted(cqe.res)) close_descriptor(cqe.res);
  } else if (is_resource_shortage(-cqe.res)) {
    pause_accepting();
  }
  if (accept_armed_ && !accept_cancelled_ && !may_accept_many()) {
    accept_cancelled_ = true;
    cancel(Tag{Kind::accept}.bits());
  }
  if (is_accepting()) watch_listener(true);
}

bool Loop::adopt(Stream& stream, int descriptor) {
  stream.descriptor = descriptor;
  return true;
}

Loop::Attempt Loop::connect(Stream& stream, const op::Connect& wanted) {
  stream.setup_error = 0;
  stream.cancelled_as = {};
  if (ring_.features().direct_descriptors) {
    const std::optional<int> slot = slots_.take();
    if (!slot) return failed(EMFILE);
    stream.descriptor = *slot;
    queue_socket_and_connect(stream, *wanted.to);
  } else {
    Fd socket = stream_socket(*wanted.to, 0);
    if (!socket) return failed(errno);
    stream.descriptor = socket.release();
    io_uring_sqe* const sqe = ring_.entry();
    io_uring_prep_connect(sqe, stream.descriptor, wanted.to->address(), wanted.to->size());
    sqe->user_data = tag_of(stream, Kind::connect);
  }
  streams_.begin_in_flight(stream);
  park(stream, Waits::connect, wanted.deadline);
  return std::nullopt;
}

// One chain, one submission: make the socket in its slot, configure it, connect it.
void Loop::queue_socket_and_connect(Stream& stream, const Endpoint& to) {
  io_uring_sqe* sqe = ring_.entries(3);
  io_uring_prep_socket_direct(sqe, to.family(), SOCK_STREAM, 0,
                              static_cast<unsigned>(stream.descriptor), 0);
  sqe->flags |= IOSQE_IO_LINK | IOSQE_CQE_SKIP_SUCCESS;
  sqe->user_data = tag_of(stream, Kind::socket_setup);
  if (!to.is_unix()) {
    sqe = ring_.entry();
    prepare_set_option(sqe, stream.descriptor, IPPROTO_TCP, TCP_NODELAY, &kOn, sizeof kOn);
    sqe->flags |= IOSQE_IO_LINK | IOSQE_CQE_SKIP_SUCCESS;
    sqe->user_data = tag_of(stream, Kind::socket_setup);
  }
  sqe = ring_.entry();
  io_uring_prep_connect(sqe, stream.descriptor, to.address(), to.size());
  sqe->flags |= IOSQE_FIXED_FILE;
  sqe->user_data = tag_of(stream, Kind::connect);
}

// A connect is found only once the links before it are over, which may be after the cancel: the
// kernel takes new submissions before it has gone on with all chains (since Linux 6.10 with SQPOLL,
// IORING_TW_CAP_ENTRIES_VALUE in io_uring/sqpoll.c). Then it is cancelled again, until it ends.
void Loop::cancel_connect(const Stream& stream) {
  cancel(tag_of(stream, Kind::connect), {Kind::connect_cancel, stream.id});
}

void Loop::connect_cancel_failed(const Stream& stream, int error) {
  if (error == ENOENT && stream.waits == Waits::connect && stream.cancelled_as != std::errc{}) {
    cancel_connect(stream);
  }
}

void Loop::connected(Stream& stream, int result) {
  if (result == 0) {
    stream.is_drained = true;
    complete(stream, {});
    return;
  }
  const int error = stream.setup_error != 0 ? stream.setup_error : -result;
  const std::errc reason = stream.cancelled_as;
  close(stream, false);
  // EINTR: a Unix socket's connect may have blocked in a worker thread of the kernel.
  const bool was_cancelled = reason != std::errc{} && (error == ECANCELED || error == EINTR);
  complete(stream, was_cancelled ? failed(reason) : failed(error));
}

void Loop::close(Stream& stream, bool reset) {
  if (stream.descriptor >= 0) close_socket(stream, reset);
  drop_received(stream);
  stream.takes_copies_only = false;
  stream.id.generation = (stream.id.generation + 1) & StreamId::kGenerationMask;
}

void Loop::close_socket(Stream& stream, bool reset) {
  if (stream.receive_armed) cancel(tag_of(stream, Kind::receive));
  if (reset) {
    if (ring_.features().direct_descriptors) {
      io_uring_sqe* const sqe = ring_.entry();
      prepare_set_option(sqe, stream.descriptor, SOL_SOCKET, SO_LINGER, &kResetOnClose,
                         sizeof kResetOnClose);
      sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
      sqe->user_data = Tag{Kind::ignored}.bits();
    } else {
      reset_on_close(stream.descriptor);
    }
  }
  close_descriptor(stream.descriptor);
  stream.descriptor = -1;
}

// A socket's or a file's. The close is over with its submission.
void Loop::close_descriptor(int descriptor) {
  io_uring_sqe* const sqe = ring_.entry();
  if (ring_.features().direct_descriptors) {
    io_uring_prep_close_direct(sqe, static_cast<unsigned>(descriptor));
    slots_.give_back(descriptor);
  } else {
    io_uring_prep_close(sqe, descriptor);
  }
  sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
  sqe->user_data = Tag{Kind::ignored}.bits();
}

}  // namespace asyncbench::uring
