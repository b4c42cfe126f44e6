// Streams: connecting, sending, closing.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <functional>

#include "core/endpoint.hpp"
#include "core/socket_ops.hpp"
#include "core/strategy.hpp"
#include "loop.hpp"
#include "tags.hpp"

namespace asyncbench::uring {

namespace {

constexpr int kOn = 1;
constexpr linger kResetOnClose{.l_onoff = 1, .l_linger = 0};

}  // namespace

std::optional<Completion> Loop::connect(Stream& stream, const op::Connect& wanted) {
  stream.setup_error = 0;
  stream.cancelled_as = {};
  if (ring_.features().direct_descriptors) {
    if (free_slots_.empty()) return failed(EMFILE);
    stream.descriptor = free_slots_.front();
    free_slots_.pop_front();
    queue_socket_and_connect(stream, *wanted.to);
  } else {
    Fd socket = stream_socket(*wanted.to, 0);
    if (!socket) return failed(errno);
    stream.descriptor = socket.release();
    io_uring_sqe* const sqe = ring_.entry();
    io_uring_prep_connect(sqe, stream.descriptor, wanted.to->address(), wanted.to->size());
    sqe->user_data = tag_of(stream, Kind::connect);
  }
  begin_in_flight(stream);
  stream.waits = Stream::Waits::connect;
  timers_.set(stream, wanted.deadline);
  return std::nullopt;
}

// One chain, one submission: make the socket in its slot, configure it, connect it.
void Loop::queue_socket_and_connect(Stream& stream, const Endpoint& to) {
  io_uring_sqe* sqe = ring_.entries(3);
  io_uring_prep_socket_direct(sqe, to.family(), SOCK_STREAM, 0,
                              static_cast<unsigned>(stream.descriptor), 0);
  sqe->flags |= IOSQE_IO_LINK | IOSQE_CQE_SKIP_SUCCESS;
  sqe->user_data = tag_of(stream, Kind::socket_setup);
  sqe = ring_.entry();
  prepare_set_option(sqe, stream.descriptor, IPPROTO_TCP, TCP_NODELAY, &kOn, sizeof kOn);
  sqe->flags |= IOSQE_IO_LINK | IOSQE_CQE_SKIP_SUCCESS;
  sqe->user_data = tag_of(stream, Kind::socket_setup);
  sqe = ring_.entry();
  io_uring_prep_connect(sqe, stream.descriptor, to.address(), to.size());
  sqe->flags |= IOSQE_FIXED_FILE;
  sqe->user_data = tag_of(stream, Kind::connect);
}

void Loop::connected(Stream& stream, int result) {
  if (result == 0) {
    complete(stream, {});
    return;
  }
  const int error = stream.setup_error != 0 ? stream.setup_error : -result;
  const std::errc reason = stream.cancelled_as;
  close(stream, false);
  complete(stream, error == ECANCELED && reason != std::errc{} ? failed(reason) : failed(error));
}

// A successful send posts no completion. That it has ended is certain all the same once the entry
// has been submitted: MSG_DONTWAIT makes the kernel finish with it inside io_uring_enter, and with
// MSG_WAITALL whatever is not the whole (a short send, EAGAIN, an error) is a failure, which does
// post one, and before any completion that the same call goes on to collect; DEFER_TASKRUN fixes
// that order (io_send() in io_uring/net.c, Linux 6.1 to 6.18). The task goes on only after the
// submission.
std::optional<Completion> Loop::send(Stream& stream, const op::Send& wanted) {
  if (wanted.bytes.empty()) return Completion{};
  stream.unsent = wanted.bytes;
  stream.cancelled_as = {};
  stream.awaits_reply = wanted.awaits_reply;
  stream.waits = Stream::Waits::send;
  stream.send_deadline = wanted.deadline;
  timers_.set(stream, wanted.deadline);
  if (!ring_.features().defer_taskrun) {
    queue_send(stream);
    return std::nullopt;
  }
  io_uring_sqe* const sqe = ring_.entry();
  io_uring_prep_send(sqe, stream.descriptor, wanted.bytes.data(), wanted.bytes.size(),
                     MSG_NOSIGNAL | MSG_DONTWAIT | MSG_WAITALL);
  sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
  if (ring_.features().direct_descriptors) sqe->flags |= IOSQE_FIXED_FILE;
  sqe->user_data = tag_of(stream, Kind::send);
  stream.send_completes = false;
  stream.sent_in = ring_.submissions();
  // A task that goes on to receive need not be woken for the send: the reply will do that, if the
  // receive for it is armed. Every other one goes on right after the submission.
  const bool has_received = stream.queued > 0 || stream.own_received > 0 || stream.at_end ||
                            stream.receive_error != 0 || stream.is_starved;
  if (!wanted.awaits_reply || has_received) {
    stream.awaits_reply = false;
    sends_.push_back(&stream);
  } else {
    if (!stream.receive_armed) arm_receive(stream);
    if (stream.lent && sends_what_it_received(stream, wanted.bytes)) {
      lenders_.push_back(&stream);
    } else if (stream.lent) {
      give_back(*std::exchange(stream.lent, std::nullopt));
    }
  }
  return std::nullopt;
}

bool Loop::sends_what_it_received(const Stream& stream, std::span<const std::byte> bytes) const {
  const std::span<const std::byte> buffer = buffers_->data(*stream.lent, kReceiveBytes);
  return std::less_equal{}(buffer.data(), bytes.data()) &&
         std::less{}(bytes.data(), buffer.data() + buffer.size());
}

// The rest of a send, for as long as it takes; posts a completion.
void Loop::queue_send(Stream& stream) {
  io_uring_sqe* const sqe = ring_.entry();
  io_uring_prep_send(sqe, stream.descriptor, stream.unsent.data(), stream.unsent.size(),
                     MSG_NOSIGNAL | MSG_WAITALL);
  if (ring_.features().direct_descriptors) sqe->flags |= IOSQE_FIXED_FILE;
  sqe->user_data = tag_of(stream, Kind::send);
  stream.send_completes = true;
  begin_in_flight(stream);
}

void Loop::send_ended(Stream& stream, int result) {
  if (stream.waits != Stream::Waits::send) return;
  const bool was_tried_at_once = !stream.send_completes;
  if (!was_tried_at_once) end_in_flight(stream);
  if (result > 0) stream.unsent = stream.unsent.subspan(static_cast<std::size_t>(result));
  if (result < 0 && !(was_tried_at_once && result == -EAGAIN)) {
    stream.send_completes = false;
    const std::errc reason = stream.cancelled_as;
    complete(stream, reason != std::errc{} ? failed(reason) : failed(-result));
  } else if (stream.unsent.empty()) {
    stream.send_completes = false;
    complete(stream, {});
  } else if (stream.cancelled_as != std::errc{}) {
    stream.send_completes = false;
    complete(stream, failed(stream.cancelled_as));
  } else if (is_stopping_) {
    stream.send_completes = false;
    complete(stream, failed(std::errc::operation_canceled));
  } else {
    ++report_.counters["short_sends"];
    queue_send(stream);
    timers_.set(stream, stream.send_deadline);  // it may have fired before the submission
  }
}

// Resumes the tasks whose sends have been submitted and did not fail. Failures were handled by
// reap(), unless the completion queue has overflowed: then they are still to come.
void Loop::complete_sends() {
  if (sends_.empty() && lenders_.empty()) return;
  if (io_uring_cq_has_overflow(ring_.get())) return;
  completing_.swap(sends_);
  for (Stream* const stream : completing_) {
    if (stream->waits != Stream::Waits::send || stream->send_completes) continue;
    if (ring_.submissions() > stream->sent_in) {
      complete(*stream, {});
    } else {
      sends_.push_back(stream);
    }
  }
  completing_.clear();
  // An idle connection must not hold the buffer of its last request until the next one comes.
  completing_.swap(lenders_);
  for (Stream* const stream : completing_) {
    if (stream->waits != Stream::Waits::send || !stream->awaits_reply || !stream->lent) continue;
    if (ring_.submissions() == stream->sent_in) {
      lenders_.push_back(stream);
    } else if (!stream->send_completes) {
      give_back(*std::exchange(stream->lent, std::nullopt));
    }
  }
  completing_.clear();
}

void Loop::close(Stream& stream, bool reset) {
  if (stream.descriptor < 0) return;
  if (stream.receive_armed) cancel(stream, Kind::receive);
  const bool direct = ring_.features().direct_descriptors;
  if (reset) {
    if (direct) {
      io_uring_sqe* const sqe = ring_.entry();
      prepare_set_option(sqe, stream.descriptor, SOL_SOCKET, SO_LINGER, &kResetOnClose,
                         sizeof kResetOnClose);
      sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
      sqe->user_data = Tag{Kind::ignored}.bits();
    } else {
      reset_on_close(stream.descriptor);
    }
  }
  io_uring_sqe* const sqe = ring_.entry();
  if (direct) {
    io_uring_prep_close_direct(sqe, static_cast<unsigned>(stream.descriptor));
    // The kernel hands out the slots of accepted sockets itself.
    if (stream.descriptor < static_cast<int>(client_slots_))
      free_slots_.push_back(stream.descriptor);
  } else {
    io_uring_prep_close(sqe, stream.descriptor);
  }
  sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
  sqe->user_data = Tag{Kind::ignored}.bits();
  drop_received(stream);
  stream.descriptor = -1;
  stream.generation = (stream.generation + 1) & Tag::kGenerationMask;
}

void Loop::cancel(Stream& stream, Kind kind) {
  io_uring_sqe* const sqe = ring_.entry();
  io_uring_prep_cancel64(sqe, tag_of(stream, kind), 0);
  sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
  sqe->user_data = Tag{Kind::ignored}.bits();
}

}  // namespace asyncbench::uring
