// Turning the loop: submit and wait, hand completions on, fire timers, accept, stop.
#include "loop.hpp"

#include <sys/eventfd.h>
#include <sys/resource.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>

#include "core/strategy.hpp"
#include "tags.hpp"

namespace asyncbench::uring {

namespace {

constexpr unsigned kAcceptSlotsMax = 32 * 1024;

// Buffers are held only while a task looks at them, so a loop needs few; more only helps when very
// many streams receive within one turn.
unsigned buffer_count(std::size_t tasks) {
  return static_cast<unsigned>(std::clamp<std::size_t>(std::bit_ceil(2 * tasks), 256, 1024));
}

unsigned tasks_of_lane(const Job& job, unsigned lane) {
  return static_cast<unsigned>((job.tasks.size() + job.threads - 1 - lane) / job.threads);
}

// Some slots more than tasks, so that a slot rests between its close and its next use.
unsigned client_slots(const Job& job, unsigned lane) { return tasks_of_lane(job, lane) + 64; }

// The kernel refuses a table with more slots than the process may have descriptors.
unsigned accept_slots(const Job& job, unsigned lane) {
  if (job.acceptor == nullptr) return 0;
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  const unsigned used = client_slots(job, lane);
  if (limit.rlim_cur <= used + 1) return 1;
  return static_cast<unsigned>(std::min<rlim_t>(kAcceptSlotsMax, limit.rlim_cur - used));
}

}  // namespace

Loop::Loop(Job& job, unsigned lane)
    : job_(job),
      lane_(lane),
      report_(job.lanes[lane]),
      client_slots_(client_slots(job, lane)),
      ring_(client_slots_ + accept_slots(job, lane), accept_slots(job, lane)),
      wake_(eventfd(0, EFD_CLOEXEC)) {
  if (!wake_) throw StrategyError(std::string("eventfd: ") + strerrorname_np(errno));
  report_.granted = ring_.granted();
  report_.refused = ring_.refused();
  if (ring_.features().multishot_receive) {
    const unsigned count = buffer_count(job.acceptor != nullptr ? 256 : job.tasks.size());
    buffers_.emplace(ring_.get(), count);
    buffer_links_.resize(count);
    buffer_sizes_.resize(count);
    if (buffers_->error() != 0) {
      report_.refused.push_back(std::string("provided buffer ring: ") +
                                strerrorname_np(buffers_->error()));
      buffers_.reset();
    }
  }
  (buffers_ ? report_.granted : report_.refused)
      .emplace_back("multishot receive into provided buffers");
  for (int slot = static_cast<int>(client_slots_) - 1; slot >= 0; --slot)
    free_slots_.push_back(slot);
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
    ring_.enter(in_flight_ > 0 || accept_armed_);
    reap();
  } while (in_flight_ > 0 || accept_armed_ || io_uring_sq_ready(ring_.get()) > 0);
}

// One timeout for the loop, in the kernel for as long as it stands: a limit on each wait would set
// up and take down a timer in every turn. Since deadlines move lazily (see TimerQueue), it is
// touched only when it has fired, or when something shorter than all before it begins.
void Loop::arm_timeout(Time due) {
  if (due >= timeout_at_) return;
  const std::int64_t ns = std::max<std::int64_t>(to_ns(due), 0);
  timeout_ = {.tv_sec = ns / 1'000'000'000, .tv_nsec = ns % 1'000'000'000};
  io_uring_sqe* const sqe = ring_.entry();
  const std::uint64_t tag = Tag{Kind::timeout}.bits();
  if (timeout_at_ == kNever) {
    io_uring_prep_timeout(sqe, &timeout_, 0, IORING_TIMEOUT_ABS);
    sqe->user_data = tag;
  } else {
    // Fails when it is just firing; then the next turn arms it anew.
    io_uring_prep_timeout_update(sqe, &timeout_, tag, IORING_TIMEOUT_ABS);
    sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
    sqe->user_data = Tag{Kind::ignored}.bits();
  }
  timeout_at_ = due;
}

void Loop::turn() {
  arm_timeout(std::min(timers_.next(), accept_again_at_));
  // Tasks whose sends end with their submission go on at once.
  ring_.enter(sends_.empty());
  ++report_.wakeups;
  reap();
  complete_sends();
  fire_timers();
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
    default:
      break;
  }
}

void Loop::fire_timers() {
  while (Stream* const stream = timers_.pop_due(last_known_time_)) {
    switch (stream->waits) {
      case Stream::Waits::nothing:
        break;
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
          stream->cancelled_as = std::errc::timed_out;
          cancel(*stream, Kind::send);
        } else if (ring_.submissions() > stream->sent_in) {
          complete(*stream, {});  // the send was over long ago; it was the reply that did not come
        } else if (std::exchange(stream->awaits_reply, false)) {
          sends_.push_back(stream);  // not even submitted yet, so it may still end well
        }
        break;
    }
  }
  if (accept_again_at_ <= last_known_time_) {
    accept_again_at_ = kNever;
    if (is_accepting_) arm_accept();
  }
}

Stream& Loop::add_stream(Task* task, std::unique_ptr<Task> owned) {
  Stream* stream = nullptr;
  if (!free_streams_.empty()) {
    stream = free_streams_.back();
    free_streams_.pop_back();
  } else {
    stream = &streams_.emplace_back();
    stream->index = static_cast<std::uint32_t>(streams_.size() - 1);
  }
  stream->task = task;
  stream->owned = std::move(owned);
  stream->is_finished = false;
  return *stream;
}

void Loop::drive(Stream& stream, Op next) {
  while (std::optional<Completion> ended = perform(stream, next)) {
    ++report_.completions;
    next = stream.task->resume(*ended);
  }
}

void Loop::complete(Stream& stream, const Completion& ended) {
  stream.waits = Stream::Waits::nothing;
  timers_.clear(stream);
  ++report_.completions;
  drive(stream, stream.task->resume(ended));
}

// The completion of an operation that has ended at once; nullopt when it has yet to end, or when
// the task has finished.
std::optional<Completion> Loop::perform(Stream& stream, const Op& next) {
  const OpKind kind = kind_of(next);
  // What a task received stays its own while it returns Begin or Send.
  if (stream.lent && kind != OpKind::begin && kind != OpKind::send) {
    give_back(*stream.lent);
    stream.lent.reset();
  }
  if (is_stopping_ && !outlives_stop(kind)) return failed(std::errc::operation_canceled);
  switch (kind) {
    case OpKind::begin:
      return Completion{};
    case OpKind::connect:
      return connect(stream, *std::get_if<op::Connect>(&next));
    case OpKind::receive:
      return receive(stream, *std::get_if<op::Receive>(&next));
    case OpKind::send:
      return send(stream, *std::get_if<op::Send>(&next));
    case OpKind::close:
      close(stream, std::get_if<op::Close>(&next)->reset);
      return Completion{};
    case OpKind::sleep:
      return sleep(stream, *std::get_if<op::Sleep>(&next));
    case OpKind::finish:
      finish(stream);
      return std::nullopt;
    default:
      return failed(std::errc::operation_not_supported);
  }
}

std::optional<Completion> Loop::sleep(Stream& stream, const op::Sleep& wanted) {
  if (wanted.until <= now()) return Completion{};
  stream.waits = Stream::Waits::sleep;
  timers_.set(stream, wanted.until);
  return std::nullopt;
}

void Loop::finish(Stream& stream) {
  close(stream, false);
  timers_.remove(stream);
  stream.task = nullptr;
  stream.owned.reset();
  stream.is_finished = true;
  --live_tasks_;
  if (stream.in_flight == 0) free_streams_.push_back(&stream);
}

void Loop::begin_in_flight(Stream& stream) {
  ++stream.in_flight;
  ++in_flight_;
}

void Loop::end_in_flight(Stream& stream) {
  --stream.in_flight;
  --in_flight_;
  if (stream.is_finished && stream.in_flight == 0) free_streams_.push_back(&stream);
}

void Loop::arm_accept() {
  const int socket = job_.acceptor->socket(lane_);
  io_uring_sqe* const sqe = ring_.entry();
  const bool direct = ring_.features().direct_descriptors;
  if (ring_.features().multishot_accept) {
    if (direct) {
      io_uring_prep_multishot_accept_direct(sqe, socket, nullptr, nullptr, 0);
    } else {
      io_uring_prep_multishot_accept(sqe, socket, nullptr, nullptr, SOCK_CLOEXEC);
    }
  } else {
    io_uring_prep_accept(sqe, socket, nullptr, nullptr, SOCK_CLOEXEC);
  }
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
      case Stream::Waits::nothing:
        break;
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
          stream.cancelled_as = std::errc::operation_canceled;
          cancel(stream, Kind::send);
        } else {
          sends_.push_back(&stream);
        }
        break;
    }
  }
}

}  // namespace asyncbench::uring
