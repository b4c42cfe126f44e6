// Sending: tried within the submission, completed by the kernel, or without a copy.
#include <sys/socket.h>

#include <cerrno>
#include <functional>

#include "loop.hpp"

namespace asyncbench::uring {

namespace {

// These are in linux/io_uring.h since Linux 6.2; liburing 2.3 does not name them.
constexpr unsigned kReportCopies = 1U << 3U;     // IORING_SEND_ZC_REPORT_USAGE
constexpr unsigned kNotifiesOfCopy = 1U << 31U;  // IORING_NOTIF_USAGE_ZC_COPIED

// How long a peer that has nothing to say may put off an acknowledgement (TCP_DELACK_MAX of the
// kernel's net/tcp.h). Until then, a send without copies that went well waits on past its deadline.
constexpr std::chrono::milliseconds kAcknowledgedWithin{200};

}  // namespace

// A successful send posts no completion. It has ended all the same as soon as the entry has been
// submitted: MSG_DONTWAIT makes the kernel finish with it inside io_uring_enter, and with
// MSG_WAITALL whatever is not the whole (a short send, EAGAIN, an error) is a failure, which does
// post one, and before any completion that the same call goes on to collect; DEFER_TASKRUN fixes
// that order (io_send() in io_uring/net.c, Linux 6.1 to 6.18). The task goes on only after the
// submission.
Loop::Attempt Loop::send(Stream& stream, const op::Send& wanted) {
  if (wanted.bytes.empty()) return Completion{};
  stream.wanted = wanted;
  stream.cancelled_as = {};
  park(stream, Waits::send, wanted.deadline);
  stream.goes_without_copy = may_go_without_copy(stream);
  if (!ring_.features().defer_taskrun || stream.goes_without_copy) {
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
  const bool sends_received = sends_what_it_received(stream);
  if (!wanted.awaits_reply() || has_received || (sends_received && !stream.lent)) {
    stream.sending().reply_deadline = op::kNoReply;
    sends_.emplace_back(stream);
  } else {
    // What is left to wait for is the reply: a send that is cut short gets its own deadline back.
    set_deadline(stream, wanted.reply_deadline);
    if (!stream.receive_armed) arm_receive(stream, wanted.reply_deadline);
    if (sends_received) {
      lenders_.emplace_back(stream);
    } else {
      take_back(stream);
    }
  }
  return std::nullopt;
}

// Whether the bytes lie in the buffer that was received last: it must not be received into again
// before they are sent.
bool Loop::sends_what_it_received(const Stream& stream) const {
  const std::byte* const buffer =
      stream.lent ? buffers_->data(*stream.lent, kReceiveBytes).data() : stream.own_buffer.get();
  const std::byte* const sent = stream.sending().bytes.data();
  return buffer != nullptr && std::less_equal{}(buffer, sent) &&
         std::less{}(sent, buffer + kReceiveBytes);
}

// A send, or the rest of it, for as long as it takes; posts a completion.
void Loop::queue_send(Stream& stream) {
  io_uring_sqe* const sqe = ring_.entry();
  constexpr int kFlags = MSG_NOSIGNAL | MSG_WAITALL;
  const std::span<const std::byte> rest = stream.sending().bytes;
  if (stream.goes_without_copy) {
    io_uring_prep_send_zc(sqe, stream.descriptor, rest.data(), rest.size(), kFlags,
                          ring_.features().zerocopy_report ? kReportCopies : 0);
    if (const auto buffer = registered_ ? registered_->index_of(rest) : std::nullopt) {
      sqe->ioprio |= IORING_RECVSEND_FIXED_BUF;
      sqe->buf_index = static_cast<std::uint16_t>(*buffer);
    }
    sqe->user_data = tag_of(stream, Kind::zerocopy_send);
  } else {
    io_uring_prep_send(sqe, stream.descriptor, rest.data(), rest.size(), kFlags);
    sqe->user_data = tag_of(stream, Kind::send);
  }
  if (ring_.features().direct_descriptors) sqe->flags |= IOSQE_FIXED_FILE;
  stream.send_completes = true;
  streams_.begin_in_flight(stream);
}

void Loop::send_ended(Stream& stream, int result) {
  if (stream.waits != Waits::send) return;
  const bool was_tried_at_once = !std::exchange(stream.send_completes, false);
  if (!was_tried_at_once) streams_.end_in_flight(stream);
  op::Send& rest = stream.sending();
  if (result > 0) rest.bytes = rest.bytes.subspan(static_cast<std::size_t>(result));
  if (result < 0 && !(was_tried_at_once && result == -EAGAIN)) {
    const std::errc reason = stream.cancelled_as;
    complete(stream, reason != std::errc{} ? failed(reason) : failed(-result));
  } else if (rest.bytes.empty()) {
    complete(stream, {});
  } else if (stream.cancelled_as != std::errc{}) {
    complete(stream, failed(stream.cancelled_as));
  } else if (is_stopping()) {
    complete(stream, failed(std::errc::operation_canceled));
  } else {
    ++report().counters["short_sends"];
    queue_send(stream);
    set_deadline(stream, rest.deadline);  // it may have fired before the submission
  }
}

// Resumes the tasks whose sends have been submitted and did not fail. Failures were handled by
// reap(), unless the completion queue has overflowed: then they are still to come.
void Loop::complete_sends() {
  if (sends_.empty() && lenders_.empty()) return;
  if (io_uring_cq_has_overflow(ring_.get())) return;
  completing_.swap(sends_);
  for (const SendId& send : completing_) {
    Stream* const stream = streams_.find(send);
    if (stream == nullptr || stream->send_completes) continue;
    if (ring_.submissions() > send.sent_in) {
      complete(*stream, {});
    } else {
      sends_.push_back(send);
    }
  }
  completing_.clear();
  // An idle connection must not hold the buffer of its last request until the next one comes.
  completing_.swap(lenders_);
  for (const SendId& send : completing_) {
    Stream* const stream = streams_.find(send);
    if (stream == nullptr || !stream->lent || !stream->sending().awaits_reply()) continue;
    if (ring_.submissions() == send.sent_in) {
      lenders_.push_back(send);
    } else if (!stream->send_completes) {
      take_back(*stream);
    }
  }
  completing_.clear();
  must_hold(sends_.size() <= running().size() && lenders_.size() <= running().size(),
            "a stream has one pending send at most");
}

// Ends a send that posts a completion, which then says why.
void Loop::cancel_send(Stream& stream, std::errc reason) {
  if (reason == std::errc::timed_out && was_taken_whole(stream)) {
    const Time patience = stream.sending().deadline + kAcknowledgedWithin;
    if (!has_passed(patience)) return set_deadline(stream, patience);
  }
  stream.cancelled_as = reason;
  if (stream.awaits_notification) {
    let_go_of_bytes(stream);
  } else {
    cancel(tag_of(stream, stream.goes_without_copy ? Kind::zerocopy_send : Kind::send));
  }
}

// Nothing but the peer's acknowledgement is missing.
bool Loop::was_taken_whole(const Stream& stream) {
  return stream.awaits_notification == static_cast<int>(stream.sending().bytes.size());
}

bool Loop::may_go_without_copy(const Stream& stream) const {
  return ring_.features().zerocopy_sends && !stream.takes_copies_only &&
         stream.sending().bytes.size() >= kZerocopyBytesMin;
}

// Posts two completions: how it ended, and that the bytes are no longer in use.
void Loop::zerocopy_send_ended(Stream& stream, const io_uring_cqe& cqe) {
  if ((cqe.flags & IORING_CQE_F_MORE) != 0) {
    stream.awaits_notification = cqe.res;
    if (stream.cancelled_as != std::errc{}) let_go_of_bytes(stream);
    return;
  }
  int result = cqe.res;
  if ((cqe.flags & IORING_CQE_F_NOTIF) != 0) {
    if ((static_cast<unsigned>(cqe.res) & kNotifiesOfCopy) != 0) ++copied_sends_;
    result = *std::exchange(stream.awaits_notification, std::nullopt);
  }
  if (result == -EOPNOTSUPP && stream.cancelled_as == std::errc{}) {
    // A socket that cannot, such as a Unix one.
    stream.takes_copies_only = true;
    stream.goes_without_copy = false;
    streams_.end_in_flight(stream);
    queue_send(stream);
    return;
  }
  const bool was_reset = stream.descriptor < 0;
  send_ended(stream, was_reset ? -ECANCELED : result);
}

// The kernel sends from the task's bytes for as long as the peer takes to acknowledge them; only a
// reset ends that. After an error there is nothing else that the stream could be used for.
void Loop::let_go_of_bytes(Stream& stream) {
  if (stream.descriptor >= 0) close_socket(stream, true);
}

}  // namespace asyncbench::uring
