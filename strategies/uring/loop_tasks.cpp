// Tasks: driving them from operation to operation, gathering, finishing.
#include "loop.hpp"

namespace asyncbench::uring {

namespace {

// After so many operations that ended at once, other tasks have their turn.
constexpr int kOperationsPerTurn = 64;

// Lets a gathered child find its stream again.
struct ChildState final : TaskState {
  explicit ChildState(Stream& its_stream) : stream(its_stream) {}
  Stream& stream;
};

}  // namespace

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

void Loop::free_stream(Stream& stream) {
  close(stream, false);
  timers_.remove(stream);
  stream.task = nullptr;
  stream.owned.reset();
  stream.is_finished = true;
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

void Loop::drive(Stream& stream, Op next) {
  for (int i = 0; i < kOperationsPerTurn; ++i) {
    const std::optional<Completion> ended = perform(stream, next);
    if (!ended) return;
    ++report_.completions;
    next = stream.task->resume(*ended);
  }
  ready_.push_back({&stream, next});
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
    case OpKind::open:
      return open(stream, *std::get_if<op::Open>(&next));
    case OpKind::read:
      read(stream, *std::get_if<op::Read>(&next));
      return std::nullopt;
    case OpKind::write:
      write(stream, *std::get_if<op::Write>(&next));
      return std::nullopt;
    case OpKind::sync:
      sync(stream, *std::get_if<op::Sync>(&next));
      return std::nullopt;
    case OpKind::close_file:
      close_descriptor(std::get_if<op::CloseFile>(&next)->file);
      return Completion{};
    case OpKind::sleep:
      return sleep(stream, *std::get_if<op::Sleep>(&next));
    case OpKind::gather:
      return gather(stream, *std::get_if<op::Gather>(&next));
    case OpKind::finish:
      finish(stream);
      return std::nullopt;
    case OpKind::exchange:
    case OpKind::accept:
      break;
  }
  return failed(std::errc::operation_not_supported);
}

std::optional<Completion> Loop::sleep(Stream& stream, const op::Sleep& wanted) {
  if (wanted.until <= now()) return Completion{};
  stream.waits = Stream::Waits::sleep;
  timers_.set(stream, wanted.until);
  return std::nullopt;
}

// Children begin, and the gatherer goes on, from the queue of those that are ready: neither nests,
// however many of them end at once.
std::optional<Completion> Loop::gather(Stream& parent, const op::Gather& wanted) {
  if (wanted.children.empty()) return Completion{};
  for (Task* const child : wanted.children) {
    Stream& stream = stream_of_child(parent, *child);
    stream.gatherer = &parent;
    ready_.push_back({&stream, child->start(lane_)});
  }
  parent.running_children = wanted.children.size();
  return std::nullopt;
}

void Loop::child_finished(Stream& child) {
  Stream& parent = *std::exchange(child.gatherer, nullptr);
  if (--parent.running_children > 0) return;
  ++report_.completions;
  ready_.push_back(
      {&parent,
       parent.task->resume(is_stopping_ ? failed(std::errc::operation_canceled) : Completion{})});
}

Stream& Loop::stream_of_child(Stream& parent, Task& child) {
  if (child.state) return static_cast<ChildState&>(*child.state).stream;
  Stream& stream = add_stream(&child, nullptr);
  child.state = std::make_unique<ChildState>(stream);
  stream.next_child = std::exchange(parent.first_child, &stream);
  return stream;
}

// What becomes ready meanwhile has its turn after the completions that have come by then.
void Loop::run_ready() {
  running_.swap(ready_);
  for (const Ready& task : running_) drive(*task.stream, task.next);
  running_.clear();
}

void Loop::finish(Stream& stream) {
  if (stream.gatherer != nullptr) return child_finished(stream);
  // All that the task gathered, and what they did: those tasks die with it.
  Stream* next = std::exchange(stream.first_child, nullptr);
  while (next != nullptr) {
    Stream& child = *next;
    next = std::exchange(child.next_child, nullptr);
    while (Stream* const grandchild = child.first_child) {
      child.first_child = grandchild->next_child;
      grandchild->next_child = std::exchange(next, grandchild);
    }
    child.task->state.reset();
    free_stream(child);
  }
  free_stream(stream);
  --live_tasks_;
}

void Loop::cancel(const Stream& stream, Kind kind) {
  io_uring_sqe* const sqe = ring_.entry();
  io_uring_prep_cancel64(sqe, tag_of(stream, kind), 0);
  sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
  sqe->user_data = Tag{Kind::ignored}.bits();
}

}  // namespace asyncbench::uring
