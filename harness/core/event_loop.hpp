// What event loops have in common, whatever library they wait with: taking the tasks of a lane from
// operation to operation.
#pragma once

#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "core/fd.hpp"
#include "core/file_ops.hpp"
#include "core/file_pool.hpp"
#include "core/job.hpp"
#include "core/loop_task.hpp"
#include "core/receive_buffers.hpp"
#include "core/timer_queue.hpp"

namespace asyncbench {

// `Loop` derives from EventLoop<Loop, Stream>, and `Stream`, made of a Task&, from LoopTask. The
// loop waits, and performs what concerns sockets and files:
//
//   Attempt connect(Stream&, const op::Connect&)
//   Attempt receive(Stream&, const op::Receive&)
//   Attempt send(Stream&, const op::Send&)
//   Attempt file(Stream&, const Op&)        CloseFile and its like, see is_file_op(), and
//                                           perform_by() for a library that has no files
//   Attempt receive_now(Stream&)            takes what is there; nullopt: nothing is
//   void abandon(Stream&)                   gives up the pending connect (and closes the socket) or
//                                           send (whose bytes are not touched any more)
//   void close(Stream&, bool reset)         there may be no stream
//   bool adopt(Stream&, Fd)                 takes an accepted socket; false: no resources
//   void watch_listener(bool)               whether accept() is to be called when there is news
//
// or, where a library brings its own HTTP:
//
//   Attempt exchange(Stream&, const op::Exchange&)
//   void abandon_exchange(Stream&, std::errc)   gives up the pending one, and tells its sink why
//   void decline(const op::Exchange&)           tells the sink that a stop keeps it from beginning
//
// What a loop does not define is not supported. An operation that has to wait is park()ed, and
// ended by complete() later. All members but ask_to_stop() are for the thread that runs the loop.
template <class Loop, class Stream>
class EventLoop {
 public:
  // Operations of a task that may end at once, one after the other, before others get a turn.
  static constexpr int kTurnLength = 64;

 protected:
  // How an operation ended, or nullopt when it has to wait.
  using Attempt = std::optional<Completion>;

  EventLoop(Job& job, unsigned lane) : job_(job), lane_(lane), report_(job.lanes[lane]) {
    if (job.acceptor == nullptr) return;
    listener_ = job.acceptor->socket(lane);
    is_accepting_ = true;
  }

  Attempt connect(Stream&, const op::Connect&) { return not_supported(); }
  Attempt receive(Stream&, const op::Receive&) { return not_supported(); }
  Attempt send(Stream&, const op::Send&) { return not_supported(); }
  Attempt file(Stream&, const Op&) { return not_supported(); }
  Attempt exchange(Stream&, const op::Exchange&) { return not_supported(); }
  Attempt receive_now(Stream&) { return std::nullopt; }
  void abandon(Stream&) {}
  void abandon_exchange(Stream&, std::errc) {}
  void decline(const op::Exchange&) {}
  void close(Stream&, bool) {}
  bool adopt(Stream&, Fd) { return false; }
  void watch_listener(bool) {}

  // Of the tasks that have not finished, in any order.
  const std::vector<Stream*>& running() const { return running_; }

  // Whether there is a task to run, or a connection to await.
  bool is_busy() const { return !running_.empty() || is_accepting_; }

  bool is_accepting() const { return is_accepting_; }

  // Whether tasks have their turn to come, so that the loop must not wait.
  bool has_ready() const { return !ready_.empty(); }

  // When fire_timers() must be called, if not before.
  Time next_due() const { return std::min(timers_.next(), accept_again_at_); }

  LaneReport& report() { return report_; }
  ReceiveBuffers& buffers() { return buffers_; }
  int listener() const { return listener_; }
  bool is_stopping() const { return is_stopping_; }
  bool has_passed(Time due) const { return due <= last_known_time_; }

  // The job's tasks of this lane.
  void start_tasks() {
    for (std::size_t i = lane_; i < job_.tasks.size(); i += job_.threads) {
      Task& task = *job_.tasks[i];
      task.state = std::make_unique<Stream>(task);
      begin(stream_of(task));
    }
  }

  // The tasks that have their turn now; what gets ready meanwhile has the next one. Nothing but its
  // entry in the list resumes such a task, so that those in the list are still there.
  void run_ready() {
    running_now_.swap(ready_);
    for (Stream* const stream : running_now_) drive(*stream, stream->wanted);
    running_now_.clear();
  }

  void fire_timers() {
    last_known_time_ = now();
    while (Stream* const stream = timers_.pop_due(last_known_time_)) expired(*stream);
    if (accept_again_at_ > last_known_time_) return;
    accept_again_at_ = kNever;
    loop().watch_listener(true);
  }

  // Accepts what waits, but not so much in a row that those who are served already would wait.
  void accept() {
    for (int i = 0; i < kTurnLength && accept_again_at_ == kNever; ++i) {
      Fd socket{::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
      if (!socket) {
        if (errno == EAGAIN) return;
        if (is_resource_shortage(errno)) return pause_accepting();
        continue;  // any other error is that of a connection which is already gone (accept(2))
      }
      ++report_.completions;
      if (std::unique_ptr<Task> task = job_.acceptor->accepted(lane_)) {
        start_accepted(std::move(task), std::move(socket));
      }
    }
  }

  // The task waits; `until` is when it is resumed all the same.
  void park(Stream& stream, Waits waits, Time until) {
    stream.waits = waits;
    timers_.set(stream, until);
  }

  // The Connect is tried again after kBacklogPause.
  void await_backlog(Stream& stream, const op::Connect& wanted) {
    stream.wanted = wanted;
    park(stream, Waits::backlog, std::min(wanted.deadline, now() + kBacklogPause));
  }

  // Receives what is there, into a buffer that is lent to the task; nullopt: nothing is. `socket`
  // may be a blocking one.
  Attempt receive_at_once(int socket, Stream& stream) {
    ReceiveBuffers::Buffer buffer = buffers_.take();
    const ssize_t received = ::recv(socket, buffer.get(), kReceiveBytes, MSG_DONTWAIT);
    if (received > 0) {
      stream.lent = std::move(buffer);
      return Completion{.data = {stream.lent.get(), static_cast<std::size_t>(received)}};
    }
    const int error = received < 0 ? errno : 0;
    buffers_.give_back(std::move(buffer));
    if (error == EAGAIN) return std::nullopt;
    return error == 0 ? Completion{} : failed(error);
  }

  // Sends what there is room for; nullopt: not for all, and `rest` is what remains. `socket` may be
  // a blocking one.
  static Attempt send_at_once(int socket, op::Send& rest) {
    const ssize_t sent =
        ::send(socket, rest.bytes.data(), rest.bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN ? Attempt{} : failed(errno);
    rest.bytes = rest.bytes.subspan(static_cast<std::size_t>(sent));
    return rest.bytes.empty() ? Attempt{Completion{}} : std::nullopt;
  }

  // What the page cache can do is done here and now; only what would block pays for a thread's two
  // switches. The pool's wake-up makes the loop call take_files(). `Stream` has the member
  // `std::unique_ptr<FileWait> file`, empty until the first operation that blocks.
  Attempt perform_by(FilePool& files, Stream& stream, const Op& wanted) {
    if (Attempt ended = files.try_at_once(wanted)) return ended;
    if (!stream.file) stream.file = std::make_unique<FileWait>();
    stream.file->op = wanted;
    stream.file->task = &stream;
    park(stream, Waits::file, kNever);
    files.submit(*stream.file);
    return std::nullopt;
  }

  void take_files(FilePool& files) {
    files.take_ended([this](FileWork& work) {
      const Completion ended = is_stopping_ ? cancel_file_op(work.op, work.ended) : work.ended;
      complete(static_cast<Stream&>(*static_cast<FileWait&>(work).task), ended);
    });
  }

  // What the task waited for has ended.
  void complete(Stream& stream, const Completion& ended) {
    stream.waits = Waits::nothing;
    timers_.clear(stream);
    ++report_.completions;
    drive(stream, stream.task->resume(ended));
  }

  // Asks for the hard stop, from any thread; stop_if_asked() carries it out.
  void ask_to_stop() { stop_asked_ = true; }

  // What has to wait for others ends with them: a file operation with its system call, a Gather
  // with its children. Backwards, since a task that finishes gives its place to the last one; with
  // it its children may go, too.
  void stop_if_asked() {
    if (!stop_asked_ || is_stopping_) return;
    is_stopping_ = true;
    if (is_accepting_) loop().watch_listener(false);
    is_accepting_ = false;
    accept_again_at_ = kNever;
    for (std::size_t i = running_.size(); i-- > 0;) {
      if (i < running_.size()) cancel(*running_[i]);
    }
  }

 private:
  static Stream& stream_of(Task& task) { return static_cast<Stream&>(*task.state); }
  Loop& loop() { return static_cast<Loop&>(*this); }
  static Attempt not_supported() { return failed(std::errc::operation_not_supported); }

  void begin(Stream& stream) {
    stream.index = static_cast<std::uint32_t>(running_.size());
    running_.push_back(&stream);
    drive(stream, stream.task->start(lane_));
  }

  // A loop, not a recursion, and not without end: a task whose operations all end at once would
  // keep the others, and the stop, from their turns.
  void drive(Stream& stream, Op next) {
    for (int turn = 0; turn < kTurnLength; ++turn) {
      const Attempt ended = perform(stream, next);
      if (!ended) return;
      ++report_.completions;
      next = stream.task->resume(*ended);
    }
    stream.wanted = next;
    ready_.push_back(&stream);
  }

  Attempt perform(Stream& stream, const Op& next) {
    const OpKind kind = kind_of(next);
    // What a task received stays its own while it returns Begin or Send.
    if (stream.lent && kind != OpKind::begin && kind != OpKind::send) {
      buffers_.give_back(std::move(stream.lent));
    }
    if (is_stopping_ && !outlives_stop(kind)) {
      if (kind == OpKind::exchange) loop().decline(*std::get_if<op::Exchange>(&next));
      return failed(std::errc::operation_canceled);
    }
    // A switch, which compilers see through, where std::visit calls by a table.
    switch (kind) {
      case OpKind::begin:
        return Completion{};
      case OpKind::connect:
        return loop().connect(stream, *std::get_if<op::Connect>(&next));
      case OpKind::receive:
        return loop().receive(stream, *std::get_if<op::Receive>(&next));
      case OpKind::send:
        return loop().send(stream, *std::get_if<op::Send>(&next));
      case OpKind::close:
        loop().close(stream, std::get_if<op::Close>(&next)->reset);
        return Completion{};
      case OpKind::open:
      case OpKind::read:
      case OpKind::write:
      case OpKind::sync:
      case OpKind::close_file:
        return loop().file(stream, next);
      case OpKind::sleep:
        return sleep(stream, *std::get_if<op::Sleep>(&next));
      case OpKind::exchange:
        return loop().exchange(stream, *std::get_if<op::Exchange>(&next));
      case OpKind::gather:
        return gather(stream, *std::get_if<op::Gather>(&next));
      case OpKind::finish:
        finish(stream);
        return std::nullopt;
      default:
        return not_supported();
    }
  }

  Attempt sleep(Stream& stream, const op::Sleep& wanted) {
    if (has_passed(wanted.until) || wanted.until <= now()) return Completion{};
    park(stream, Waits::sleep, wanted.until);
    return std::nullopt;
  }

  // Counted with one child too many, so that children that finish at once do not resume this task
  // from within its own operation.
  Attempt gather(Stream& stream, const op::Gather& wanted) {
    stream.unfinished_children = static_cast<std::uint32_t>(wanted.children.size()) + 1;
    stream.waits = Waits::children;
    for (Task* const child : wanted.children) start_child(*child, stream);
    if (--stream.unfinished_children > 0) return std::nullopt;
    stream.waits = Waits::nothing;
    return gathered();
  }

  // A child that was gathered before still has its stream.
  void start_child(Task& child, Stream& parent) {
    if (!child.state) {
      child.state = std::make_unique<Stream>(child);
      if (!parent.children) parent.children = std::make_unique<std::vector<Task*>>();
      parent.children->push_back(&child);
    }
    Stream& stream = stream_of(child);
    stream.parent = &parent;
    begin(stream);
  }

  Completion gathered() const {
    return is_stopping_ ? failed(std::errc::operation_canceled) : Completion{};
  }

  void finish(Stream& stream) {
    discard_children(stream);
    running_.back()->index = stream.index;
    running_[stream.index] = running_.back();
    running_.pop_back();
    if (LoopTask* const parent = stream.parent) {
      // The child keeps its stream for its next run. The parent may be resumed here, and the child
      // with it: nothing of it is touched after this.
      if (--parent->unfinished_children == 0) complete(static_cast<Stream&>(*parent), gathered());
      return;
    }
    leave(stream);
    // The task outlives its stream, which lies in it.
    const std::unique_ptr<Task> owned = std::move(stream.owned);
    const std::unique_ptr<TaskState> state = std::move(stream.task->state);
  }

  void discard_children(Stream& stream) {
    const auto children = std::move(stream.children);
    if (!children) return;
    for (Task* const child : *children) {
      Stream& discarded = stream_of(*child);
      discard_children(discarded);
      leave(discarded);
      child->state.reset();
    }
  }

  void leave(Stream& stream) {
    loop().close(stream, false);
    timers_.remove(stream);
  }

  void start_accepted(std::unique_ptr<Task> task, Fd socket) {
    Task& started = *task;
    started.state = std::make_unique<Stream>(started);
    Stream& stream = stream_of(started);
    if (!loop().adopt(stream, std::move(socket))) return pause_accepting();
    stream.owned = std::move(task);
    begin(stream);
  }

  void pause_accepting() {
    ++report_.accept_pauses;
    accept_again_at_ = now() + kAcceptPause;
    loop().watch_listener(false);
  }

  void expired(Stream& stream) {
    Attempt ended = failed(std::errc::timed_out);
    switch (stream.waits) {
      case Waits::sleep:
        ended = Completion{};
        break;
      case Waits::receive:
        // What is there is taken, even if the news of it is still to come.
        if (Attempt received = loop().receive_now(stream)) ended = received;
        break;
      case Waits::backlog: {
        const auto wanted = *std::get_if<op::Connect>(&stream.wanted);
        if (!has_passed(wanted.deadline)) ended = loop().connect(stream, wanted);
        break;
      }
      case Waits::exchange:
        loop().abandon_exchange(stream, std::errc::timed_out);
        ended = Completion{};
        break;
      default:
        loop().abandon(stream);
        break;
    }
    if (ended) complete(stream, *ended);
  }

  void cancel(Stream& stream) {
    switch (stream.waits) {
      case Waits::nothing:
      case Waits::file:
      case Waits::children:
        return;
      case Waits::connect:
      case Waits::send:
        loop().abandon(stream);
        break;
      case Waits::exchange:
        loop().abandon_exchange(stream, std::errc::operation_canceled);
        break;
      default:
        break;
    }
    complete(stream, failed(std::errc::operation_canceled));
  }

  Job& job_;
  const unsigned lane_;
  LaneReport& report_;
  ReceiveBuffers buffers_;
  TimerQueue<Stream> timers_;
  Time last_known_time_ = now();      // never later than now
  std::vector<Stream*> running_;      // of the tasks that have not finished
  std::vector<Stream*> ready_;        // that have their turn to come
  std::vector<Stream*> running_now_;  // scratch of run_ready()

  int listener_ = -1;
  bool is_accepting_ = false;
  Time accept_again_at_ = kNever;  // the end of a pause

  std::atomic<bool> stop_asked_ = false;
  bool is_stopping_ = false;
};

}  // namespace asyncbench
