// Tasks on their way from operation to operation: sleeps, files, gathering.
#include <algorithm>
#include <utility>

#include "core/file_ops.hpp"
#include "loop.hpp"

namespace asyncbench::reactor {

namespace {

Stream& stream_of(Task& task) { return static_cast<Stream&>(*task.state); }

}  // namespace

void Loop::start(Task& task) {
  task.state = std::make_unique<Stream>(task);
  begin(stream_of(task));
}

void Loop::start_accepted(std::unique_ptr<Task> task, Fd socket) {
  Task& started = *task;
  started.state = std::make_unique<Stream>(started);
  Stream& stream = stream_of(started);
  stream.socket = std::move(socket);
  stream.is_unix = accepts_unix_;
  if (watch(stream, false) != 0) return pause_accepting();
  stream.owned = std::move(task);
  begin(stream);
}

// A child that was gathered before still has its stream.
void Loop::start_child(Task& child, Stream& parent) {
  if (!child.state) {
    child.state = std::make_unique<Stream>(child);
    if (!parent.children) parent.children = std::make_unique<std::vector<Task*>>();
    parent.children->push_back(&child);
  }
  Stream& stream = stream_of(child);
  stream.parent = &parent;
  begin(stream);
}

void Loop::begin(Stream& stream) {
  stream.index = static_cast<std::uint32_t>(running_.size());
  running_.push_back(&stream);
  drive(stream, stream.task->start(lane_));
}

// A task whose operations all end at once would keep the loop from the others, and from the stop.
void Loop::drive(Stream& stream, Op next) {
  for (int turn = 0; turn < kTurnLength; ++turn) {
    const Attempt ended = perform(stream, next);
    if (!ended) return;
    ++report_.completions;
    next = stream.task->resume(*ended);
  }
  stream.wanted = next;
  ready_.push_back(&stream);
}

void Loop::complete(Stream& stream, const Completion& ended) {
  stream.waits = Waits::nothing;
  timers_.clear(stream);
  ++report_.completions;
  drive(stream, stream.task->resume(ended));
}

void Loop::park(Stream& stream, Waits waits, Time until) {
  stream.waits = waits;
  timers_.set(stream, until);
}

Loop::Attempt Loop::perform(Stream& stream, const Op& next) {
  const OpKind kind = kind_of(next);
  // What a task received stays its own while it returns Begin or Send.
  if (stream.lent && kind != OpKind::begin && kind != OpKind::send) {
    buffers_.give_back(std::move(stream.lent));
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
    case OpKind::read:
    case OpKind::write:
    case OpKind::sync:
    case OpKind::close_file:
      return file(stream, next);
    case OpKind::sleep:
      return sleep(stream, *std::get_if<op::Sleep>(&next));
    case OpKind::gather:
      return gather(stream, *std::get_if<op::Gather>(&next));
    case OpKind::finish:
      finish(stream);
      return std::nullopt;
    default:
      return failed(std::errc::operation_not_supported);
  }
}

Loop::Attempt Loop::sleep(Stream& stream, const op::Sleep& wanted) {
  if (wanted.until <= last_known_time_) return Completion{};
  park(stream, Waits::sleep, wanted.until);
  return std::nullopt;
}

// epoll takes no files: they are always ready for it, however long a read then takes. What the page
// cache can do is done here and now; only what would block pays for a thread's two switches.
Loop::Attempt Loop::file(Stream& stream, const Op& wanted) {
  if (Attempt ended = try_file_op(wanted)) return ended;
  if (!files_) files_ = std::make_unique<FilePool>([this] { poller_.wake(); });
  if (!stream.file) stream.file = std::make_unique<FileWait>();
  stream.file->op = wanted;
  stream.file->stream = &stream;
  park(stream, Waits::file, kNever);
  files_->submit(*stream.file);
  return std::nullopt;
}

void Loop::take_files() {
  files_->take_ended([this](FileWork& work) {
    const Completion ended = is_stopping_ ? cancel_file_op(work.op, work.ended) : work.ended;
    complete(*static_cast<FileWait&>(work).stream, ended);
  });
}

// Counted with one child too many, so that children that finish at once do not resume this task
// from within its own operation.
Loop::Attempt Loop::gather(Stream& stream, const op::Gather& wanted) {
  stream.unfinished_children = static_cast<std::uint32_t>(wanted.children.size()) + 1;
  park(stream, Waits::children, kNever);
  for (Task* const child : wanted.children) start_child(*child, stream);
  if (--stream.unfinished_children > 0) return std::nullopt;
  stream.waits = Waits::nothing;
  return gathered();
}

Completion Loop::gathered() const {
  return is_stopping_ ? failed(std::errc::operation_canceled) : Completion{};
}

void Loop::finish(Stream& stream) {
  discard_children(stream);
  running_.back()->index = stream.index;
  running_[stream.index] = running_.back();
  running_.pop_back();
  if (Stream* const parent = stream.parent) {
    // The child keeps its stream for its next run. The parent may be resumed here, and the child
    // with it: nothing of it is touched after this.
    if (--parent->unfinished_children == 0) complete(*parent, gathered());
    return;
  }
  timers_.remove(stream);
  // The task outlives its stream, which lies in it.
  const std::unique_ptr<Task> owned = std::move(stream.owned);
  const std::unique_ptr<TaskState> state = std::move(stream.task->state);
}

void Loop::discard_children(Stream& stream) {
  const auto children = std::move(stream.children);
  if (!children) return;
  for (Task* const child : *children) {
    discard_children(stream_of(*child));
    timers_.remove(stream_of(*child));
    child->state.reset();
  }
}

}  // namespace asyncbench::reactor
