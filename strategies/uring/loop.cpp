// Turning the loop: submit and wait, hand completions on, fire timers, stop.
#include "loop.hpp"

#include <sys/eventfd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>

#include "core/loop_descriptors.hpp"

namespace asyncbench::uring {

namespace {

// Buffers are held only while a task looks at them, so a loop needs few; more only helps when very
// many streams receive within one turn.
unsigned buffer_count(std::size_t tasks) {
  return static_cast<unsigned>(std::clamp<std::size_t>(std::bit_ceil(2 * tasks), 256, 1024));
}

std::size_t tasks_of_lane(const Job& job, unsigned lane) {
  return (job.tasks.size() + job.threads - 1 - lane) / job.threads;
}

}  // namespace

Loop::Loop(Job& job, unsigned lane, const Options& options)
    : job_(job),
      lane_(lane),
      report_(job.lanes[lane]),
      slot_plan_(SlotPlan::of(job, lane)),
      slots_(slot_plan_.own),
      ring_(options, slot_plan_),
      wake_(granted(eventfd(0, EFD_CLOEXEC), "eventfd")) {
  report_.granted = ring_.granted();
  report_.refused = ring_.refused();
  make_buffers(options);
}

void Loop::make_buffers(const Options& options) {
  const auto note = [this](int error, const std::string& feature) {
    if (error == 0) report_.granted.push_back(feature);
    if (error != 0) report_.refused.push_back(feature + ": " + strerrorname_np(error));
  };
  if (ring_.features().provided_buffers) {
    const unsigned count = buffer_count(job_.acceptor != nullptr ? 256 : job_.tasks.size());
    buffers_.emplace(ring_.get(), count);
    buffer_links_.resize(count);
    buffer_sizes_.resize(count);
    note(buffers_->error(), "provided buffer ring");
    if (buffers_->error() != 0) buffers_.reset();
  }
  if (options.multishot && options.buffer_ring) {
    note(buffers_ ? 0 : EOPNOTSUPP, "multishot receive into provided buffers");
  }
  if (options.fixed_buffers && !job_.io_memory.empty()) {
    registered_.emplace(ring_.get(), job_.io_memory);
    note(registered_->error(), "registered memory for reads and writes");
  }
}

void Loop::run() {
  arm_wake();
  is_stopping_ = job_.stop.stop_requested();
  if (job_.acceptor != nullptr && !is_stopping_) {
    is_accepting_ = true;
    arm_accept();
  }
  live_tasks_ = tasks_of_lane(job_, lane_);
  for (std::size_t i = lane_; i < job_.tasks.size(); i += job_.threads) {
    Task& task = *job_.tasks[i];
    drive(add_stream(&task, nullptr), task.start(lane_));
  }
  while (live_tasks_ > 0 || is_accepting_) turn();
  // The last closes and cancels are still queued, and what they end may own memory of ours. An
  // accept must have ended, too: until then the kernel goes on taking connections that nobody will
  // serve.
  do {
    ring_.enter(in_flight_ > 0 || accept_armed_ ? 1 : 0);
    reap();
  } while (in_flight_ > 0 || accept_armed_ || io_uring_sq_ready(ring_.get()) > 0);
  if (copied_sends_ > 0) report_.counters["zerocopy_sends_copied"] = copied_sends_;
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
  arm_timeout(std::min(timers_.next(), accept_again_at_));
  ring_.enter(completions_to_await());
  report_.woke();
  reap();
  complete_sends();
  fire_timers();
  run_ready();
}

unsigned Loop::completions_to_await() const {
  // Tasks whose sends end with their submission go on at once.
  if (!sends_.empty() || !ready_.empty()) return 0;
  // What comes from a socket may have somebody waiting at its other end, and what opens or syncs a
  // file has a time of its own.
  if (in_flight_ > transfers_in_flight_ || accept_armed_) return 1;
  // A timeout ends a wait for several, and a stop comes within kBatchWaitMax.
  return std::clamp(static_cast<unsigned>(transfers_in_flight_) / kBatchShare, 1U,
                    kBatchCompletionsMax);
}

void Loop::reap() {
  if (io_uring_cq_has_overflow(ring_.get())) ++report_.counters["cq_overflows"];
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
      // Nothing else makes a timer due, so the clock is read here and not in every turn.
      timeout_at_ = kNever;
      last_known_time_ = now();
      return;
    case Kind::wake:
      stop_all();
      return;
    default:
      break;
  }
  Stream& stream = streams_[tag.index];
  const bool is_stale = tag.generation != stream.generation;
  switch (tag.kind) {
    case Kind::socket_setup:
      // Comes only when it failed. The first failure is the cause, the rest of the chain follows.
      if (!is_stale && stream.setup_error == 0) stream.setup_error = -cqe.res;
      return;
    case Kind::connect:
      end_in_flight(stream);
      if (!is_stale) connected(stream, cqe.res);
      break;
    case Kind::receive:
      if ((cqe.flags & IORING_CQE_F_MORE) == 0) end_in_flight(stream);
      received(stream, cqe, is_stale);
      break;
    case Kind::send:
      if (!is_stale) send_ended(stream, cqe.res);
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

void Loop::fire_timers() {
  while (Stream* const stream = timers_.pop_due(last_known_time_)) {
    switch (stream->waits) {
      case Stream::Waits::sleep:
        complete(*stream, {});
        break;
      case Stream::Waits::receive:
        complete(*stream, failed(std::errc::timed_out));
        break;
      case Stream::Waits::connect:
        stream->cancelled_as = std::errc::timed_out;
        cancel(*stream, Kind::connect);
        break;
      case Stream::Waits::send:
        if (stream->send_completes) {
          cancel_send(*stream, std::errc::timed_out);
        } else if (ring_.submissions() > stream->sent_in) {
          complete(*stream, {});  // the send was over long ago; it was the reply that did not come
        } else if (std::exchange(stream->awaits_reply, false)) {
          sends_.push_back(stream);  // not even submitted yet, so it may still end well
        }
        break;
      case Stream::Waits::nothing:
      case Stream::Waits::file:
      case Stream::Waits::transfer:
        break;
    }
  }
  if (accept_again_at_ <= last_known_time_) {
    accept_again_at_ = kNever;
    if (is_accepting_) arm_accept();
  }
}

void Loop::arm_wake() {
  io_uring_sqe* const sqe = ring_.entry();
  io_uring_prep_read(sqe, wake_.get(), &wake_value_, sizeof wake_value_, 0);
  sqe->user_data = Tag{Kind::wake}.bits();
}

void Loop::stop() {
  const std::uint64_t one = 1;
  // Fails only when the counter is full: then the loop has been woken already.
  [[maybe_unused]] const auto written = ::write(wake_.get(), &one, sizeof one);
}

void Loop::stop_all() {
  is_stopping_ = true;
  is_accepting_ = false;
  accept_again_at_ = kNever;
  if (accept_armed_) {
    io_uring_sqe* const sqe = ring_.entry();
    io_uring_prep_cancel64(sqe, Tag{Kind::accept}.bits(), 0);
    sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
    sqe->user_data = Tag{Kind::ignored}.bits();
  }
  for (Stream& stream : streams_) {
    switch (stream.waits) {
      case Stream::Waits::sleep:
      case Stream::Waits::receive:
        complete(stream, failed(std::errc::operation_canceled));
        break;
      case Stream::Waits::connect:
        stream.cancelled_as = std::errc::operation_canceled;
        cancel(stream, Kind::connect);
        break;
      case Stream::Waits::send:
        if (stream.send_completes) {
          cancel_send(stream, std::errc::operation_canceled);
        } else {
          sends_.push_back(&stream);
        }
        break;
      case Stream::Waits::file:
      case Stream::Waits::transfer:
        // What is on its way to the disk ends first.
        cancel(stream, Kind::file);
        break;
      case Stream::Waits::nothing:
        break;
    }
  }
}

}  // namespace asyncbench::uring
