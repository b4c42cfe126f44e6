// Turning the loop: submits and waits, hands completions on, arms the timeout, cancels.
#include "loop.hpp"

#include <poll.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>

namespace asyncbench::uring {

namespace {

// Buffers are held only while a task looks at them, so a loop needs few; more only helps when very
// many streams receive within one turn.
unsigned buffer_count(std::size_t tasks) {
  return static_cast<unsigned>(std::clamp<std::size_t>(std::bit_ceil(2 * tasks), 256, 1024));
}

}  // namespace

Loop::Loop(Job& job, unsigned lane, const Options& options)
    : TaskDriver(job, lane),
      batch_waits_(options.batch_waits),
      gathers_replies_(options.gathers_replies),
      slot_plan_(SlotPlan::of(job, lane)),
      slots_(slot_plan_),
      ring_(options, slot_plan_, lane) {
  report().granted = ring_.granted();
  report().refused = ring_.refused();
  make_buffers(job, options);
}

void Loop::make_buffers(const Job& job, const Options& options) {
  const auto note = [this](int error, const std::string& feature) {
    if (error == 0) report().granted.push_back(feature);
    if (error != 0) report().refused.push_back(feature + ": " + strerrorname_np(error));
  };
  if (ring_.features().provided_buffers) {
    const unsigned count = buffer_count(job.acceptor != nullptr ? 256 : job.tasks.size());
    buffers_.emplace(ring_.get(), count);
    buffer_links_.resize(count);
    buffer_sizes_.resize(count);
    note(buffers_->error(), "provided buffer ring");
    if (buffers_->error() != 0) buffers_.reset();
  }
  if (options.multishot && options.buffer_ring) {
    note(buffers_ ? 0 : EOPNOTSUPP, "multishot receive into provided buffers");
  }
  const bool sends_from_known = ring_.features().zerocopy_sends && job.acceptor != nullptr;
  const auto sends = sends_from_known ? job.acceptor->long_replies() : std::span<const std::byte>{};
  if (options.fixed_buffers && !(job.io_memory.empty() && sends.empty())) {
    registered_.emplace(ring_.get(), job.io_memory, sends);
    note(registered_->error(),
         sends.empty() ? "registered memory for reads and writes" : "registered memory for sends");
  }
}

void Loop::run() {
  arm_wake();
  stop_if_asked();
  try {
    if (is_accepting()) {
      prepare_accepting();
      watch_listener(true);
    }
    start_tasks();
    while (is_busy()) turn();
    end_operations();
  } catch (...) {
    drop_tasks();
    throw;
  }
  if (copied_sends_ > 0) report().counters["zerocopy_sends_copied"] = copied_sends_;
}

// The last closes and cancels are still queued, and what they end may own memory of ours. An accept
// must have ended, too: until then the kernel goes on taking connections that nobody will serve.
void Loop::end_operations() {
  do {
    ring_.enter(streams_.in_flight() > 0 || accept_armed_ ? 1 : 0);
    reap();
  } while (streams_.in_flight() > 0 || accept_armed_ || io_uring_sq_ready(ring_.get()) > 0);
  must_hold(transfers_in_flight_ == 0, "no transfer outlives the tasks");
  must_hold(lent_buffers_ == 0, "no task holds a receive buffer after its end");
}

// One timeout for the loop, in the kernel for as long as it stands: a limit on each wait would set
// up and take down a timer in every turn. Since deadlines move lazily (see TimerQueue), it is
// touched only when it has fired, or when something shorter than all before it begins.
void Loop::arm_timeout(Time due) {
  if (due >= timeout_at_) return;
  io_uring_sqe* const sqe = ring_.entry();
  __kernel_timespec& time = ring_.time_of(sqe);
  const std::int64_t ns = std::max<std::int64_t>(to_ns(due), 0);
  time = {.tv_sec = ns / 1'000'000'000, .tv_nsec = ns % 1'000'000'000};
  const std::uint64_t tag = Tag{Kind::timeout}.bits();
  if (timeout_at_ == kNever) {
    io_uring_prep_timeout(sqe, &time, 0, IORING_TIMEOUT_ABS);
    sqe->user_data = tag;
  } else {
    // Fails when it is just firing; then the next turn arms it anew.
    io_uring_prep_timeout_update(sqe, &time, tag, IORING_TIMEOUT_ABS);
    sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
    sqe->user_data = Tag{Kind::ignored}.bits();
  }
  timeout_at_ = due;
}

void Loop::turn() {
  arm_timeout(next_due());
  ring_.enter(completions_to_await(), awaits_transfers_alone() ? kBatchWaitMax : kGatherWaitMax);
  report().woke();
  reap();
  complete_sends();
  // Nothing else makes a timer due, so the clock is read then and not in every turn.
  if (std::exchange(is_time_, false)) fire_timers();
  run_ready();
  if (std::exchange(is_woken_, false)) stop_if_asked();
}

// What comes from a socket may have somebody waiting at its other end, and what opens or syncs a
// file has a time of its own.
bool Loop::awaits_transfers_alone() const {
  return streams_.in_flight() == transfers_in_flight_ && !accept_armed_;
}

unsigned Loop::completions_to_await() const {
  // Tasks whose sends end with their submission go on at once.
  if (!sends_.empty() || has_ready()) return 0;
  if (!(awaits_transfers_alone() ? batch_waits_ : gathers_replies_)) return 1;
  // A timeout ends a wait for several, and a stop comes when that has lasted long enough.
  return std::clamp(static_cast<unsigned>(streams_.in_flight()) / kBatchShare, 1U,
                    kBatchCompletionsMax);
}

void Loop::reap() {
  if (io_uring_cq_has_overflow(ring_.get())) ++report().counters["cq_overflows"];
  io_uring* const ring = ring_.get();
  unsigned head = 0;
  unsigned count = 0;
  io_uring_cqe* cqe = nullptr;
  io_uring_for_each_cqe(ring, head, cqe) {
    handle(*cqe);
    ++count;
  }
  io_uring_cq_advance(ring, count);
}

void Loop::handle(const io_uring_cqe& cqe) {
  const Tag tag = Tag::of(cqe.user_data);
  switch (tag.kind) {
    case Kind::ignored:
      return;
    case Kind::accept:
      accepted(cqe);
      return;
    case Kind::timeout:
      timeout_at_ = kNever;
      is_time_ = true;
      return;
    case Kind::wake:
      is_woken_ = true;
      return;
    case Kind::socket_setup:
      // Comes only when it failed. The first failure is the cause, the rest of the chain follows.
      if (Stream* const stream = streams_.find(tag.id); stream && stream->setup_error == 0) {
        stream->setup_error = -cqe.res;
      }
      return;
    case Kind::connect_cancel:
      if (const Stream* const stream = streams_.find(tag.id)) {
        connect_cancel_failed(*stream, -cqe.res);
      }
      return;
    case Kind::send:
      if (Stream* const stream = streams_.find(tag.id)) send_ended(*stream, cqe.res);
      return;
    default:
      break;
  }
  // The rest is counted, so that its stream is there, though perhaps with another connection.
  Stream& stream = streams_.at(tag.id);
  const bool is_stale = tag.id.generation != stream.id.generation;
  switch (tag.kind) {
    case Kind::connect:
      must_hold(!is_stale, "a stream that connects is not closed");
      streams_.end_in_flight(stream);
      connected(stream, cqe.res);
      break;
    case Kind::receive:
      if ((cqe.flags & IORING_CQE_F_MORE) == 0) streams_.end_in_flight(stream);
      if (!is_stale) {
        received(stream, cqe);
      } else if ((cqe.flags & IORING_CQE_F_BUFFER) != 0) {
        buffers_->give_back(static_cast<BufferId>(cqe.flags >> IORING_CQE_BUFFER_SHIFT));
      }
      break;
    case Kind::zerocopy_send:
      zerocopy_send_ended(stream, cqe);
      break;
    case Kind::file:
      file_op_ended(stream, cqe.res);
      break;
    default:
      break;
  }
}

Loop::Attempt Loop::give_up(Stream& stream, std::errc why) {
  switch (stream.waits) {
    case Waits::connect:
      stream.cancelled_as = why;
      cancel_connect(stream);
      return std::nullopt;
    case Waits::send:
      if (stream.send_completes) {
        cancel_send(stream, why);
      } else if (ring_.submissions() > stream.sent_in) {
        return Completion{};  // the send was over long ago; it was the reply that did not come
      } else if (stream.sending().awaits_reply()) {
        stream.sending().reply_deadline = op::kNoReply;
        sends_.emplace_back(stream);  // not even submitted yet, so it may still end well
      }
      return std::nullopt;
    case Waits::file:
      // What is on its way to the disk ends first.
      cancel(tag_of(stream, Kind::file));
      return std::nullopt;
    default:
      return failed(why);
  }
}

void Loop::cancel(std::uint64_t tag, Tag failure) {
  io_uring_sqe* const sqe = ring_.entry();
  io_uring_prep_cancel64(sqe, tag, 0);
  sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
  sqe->user_data = failure.bits();
}

void Loop::arm_wake() {
  io_uring_sqe* const sqe = ring_.entry();
  io_uring_prep_poll_add(sqe, wake_.get(), POLLIN);
  sqe->user_data = Tag{Kind::wake}.bits();
}

void Loop::stop() {
  ask_to_stop();
  wake_.wake();
}

}  // namespace asyncbench::uring
