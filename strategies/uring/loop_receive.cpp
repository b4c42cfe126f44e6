// Receiving into buffers that the kernel picks, or into one of the stream's own.
#include <algorithm>
#include <cerrno>

#include "loop.hpp"

namespace asyncbench::uring {

namespace {

constexpr unsigned kReceiveBundle = 1U << 4U;  // IORING_RECVSEND_BUNDLE, Linux 6.10

}  // namespace

Loop::Attempt Loop::receive(Stream& stream, const op::Receive& wanted) {
  if (Attempt ready = take_received(stream)) return ready;
  if (!stream.receive_armed && !stream.is_starved) {
    arm_receive(stream, wanted.deadline);
  } else if (has_passed(wanted.deadline)) {
    // Whatever had come by then would be queued.
    return failed(std::errc::timed_out);
  }
  park(stream, Waits::receive, wanted.deadline);
  return std::nullopt;
}

Loop::Attempt Loop::take_received(Stream& stream) {
  if (stream.queued > 0) {
    const BufferId id = stream.first_queued;
    stream.first_queued = buffer_links_[id];
    --stream.queued;
    stream.lent = id;
    return Completion{.data = buffers_->data(id, buffer_sizes_[id])};
  }
  if (stream.own_received > 0) {
    return Completion{.data = {stream.own_buffer.get(), std::exchange(stream.own_received, 0)}};
  }
  if (stream.receive_error != 0) return failed(stream.receive_error);
  if (stream.at_end) return Completion{};
  return std::nullopt;
}

// One that is tried at once on a drained socket is in vain: it waits for news first, unless its
// deadline has passed, so that nobody will wait for that.
void Loop::arm_receive(Stream& stream, Time deadline) {
  io_uring_sqe* const sqe = ring_.entry();
  if (buffers_) {
    io_uring_prep_recv(sqe, stream.descriptor, nullptr, 0, 0);
    if (ring_.features().multishot_receive) sqe->ioprio |= IORING_RECV_MULTISHOT;
    if (ring_.features().receive_bundles) sqe->ioprio |= kReceiveBundle;
    sqe->flags |= IOSQE_BUFFER_SELECT;
    sqe->buf_group = 0;
  } else {
    if (!stream.own_buffer)
      stream.own_buffer = std::make_unique_for_overwrite<std::byte[]>(kReceiveBytes);
    io_uring_prep_recv(sqe, stream.descriptor, stream.own_buffer.get(), kReceiveBytes, 0);
  }
  if (std::exchange(stream.is_drained, false) && ring_.features().poll_first &&
      !has_passed(deadline)) {
    sqe->ioprio |= IORING_RECVSEND_POLL_FIRST;
  }
  if (ring_.features().direct_descriptors) sqe->flags |= IOSQE_FIXED_FILE;
  sqe->user_data = tag_of(stream, Kind::receive);
  streams_.begin_in_flight(stream);
  stream.receive_armed = true;
  stream.receive_cancelled = false;
}

void Loop::received(Stream& stream, const io_uring_cqe& cqe) {
  const bool has_buffer = (cqe.flags & IORING_CQE_F_BUFFER) != 0;
  const auto id = static_cast<BufferId>(cqe.flags >> IORING_CQE_BUFFER_SHIFT);
  if ((cqe.flags & IORING_CQE_F_MORE) == 0) {
    stream.receive_armed = false;
    stream.is_drained = cqe.res > 0 && (cqe.flags & IORING_CQE_F_SOCK_NONEMPTY) == 0;
  }
  if (cqe.res > 0 && has_buffer) {
    queue_received(stream, id, static_cast<std::size_t>(cqe.res));
  } else if (cqe.res > 0) {
    stream.own_received = static_cast<std::size_t>(cqe.res);
  } else if (has_buffer) {
    buffers_->give_back(id);
  }
  if (cqe.res == 0) stream.at_end = true;
  if (cqe.res == -ENOBUFS && !has_more_buffers()) {
    ++report().counters["buffer_shortages"];
    // With most buffers back already, re-arming succeeds. Otherwise wait until one is given back:
    // re-arming at once would find none again, and spin.
    if (lent_buffers_ >= buffer_links_.size() / 2) {
      stream.is_starved = true;
      starved_.push_back(stream.id);
    }
  } else if (cqe.res < 0 && cqe.res != -ECANCELED && cqe.res != -EINTR && cqe.res != -ENOBUFS) {
    stream.receive_error = -cqe.res;
  }
  if (stream.waits == Waits::receive) {
    if (const Attempt ready = take_received(stream)) {
      complete(stream, *ready);
    } else if (!stream.receive_armed && !stream.is_starved) {
      arm_receive(stream, kNever);
    }
  } else if (stream.waits == Waits::send && stream.sending().awaits_reply() &&
             !stream.send_completes) {
    // The kernel has taken the bytes if they were submitted at all: see send().
    if (ring_.submissions() > stream.sent_in) {
      complete(stream, {});
    } else {
      stream.sending().reply_deadline = op::kNoReply;
      sends_.emplace_back(stream);
    }
  } else if (stream.queued >= kQueuedBuffersMax && stream.receive_armed &&
             !stream.receive_cancelled) {
    stream.receive_cancelled = true;
    cancel(tag_of(stream, Kind::receive));
  }
}

// Many receives may have found none in the same turn: the ring grows for the first of them.
bool Loop::has_more_buffers() {
  if (buffers_grew_in_ == ring_.submissions()) return true;
  if (!buffers_->grow()) return false;
  buffers_grew_in_ = ring_.submissions();
  return true;
}

// A bundle names the first of its buffers. The others follow in the ring, and all but the last one
// are full.
void Loop::queue_received(Stream& stream, BufferId id, std::size_t size) {
  for (;; id = buffers_->after(id)) {
    const std::size_t part = std::min(size, kReceiveBytes);
    ++lent_buffers_;
    buffer_sizes_[id] = static_cast<std::uint32_t>(part);
    if (stream.queued++ == 0) {
      stream.first_queued = id;
    } else {
      buffer_links_[stream.last_queued] = id;
    }
    stream.last_queued = id;
    size -= part;
    if (size == 0) return;
  }
}

void Loop::give_back(BufferId id) {
  must_hold(lent_buffers_ > 0, "a buffer that is given back was lent");
  buffers_->give_back(id);
  --lent_buffers_;
  while (!starved_.empty()) {
    Stream* const stream = streams_.find(starved_.back());
    starved_.pop_back();
    if (stream == nullptr || !std::exchange(stream->is_starved, false)) continue;
    if (stream->waits == Waits::receive && !stream->receive_armed) {
      arm_receive(*stream, kNever);
      break;
    }
  }
}

void Loop::drop_received(Stream& stream) {
  while (stream.queued > 0) {
    const BufferId id = stream.first_queued;
    stream.first_queued = buffer_links_[id];
    --stream.queued;
    give_back(id);
  }
  take_back(stream);
  stream.own_received = 0;
  stream.receive_error = 0;
  stream.is_drained = false;
  stream.at_end = false;
  stream.receive_armed = false;
  stream.receive_cancelled = false;
  stream.is_starved = false;
}

}  // namespace asyncbench::uring
