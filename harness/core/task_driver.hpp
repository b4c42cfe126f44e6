// Takes the tasks of one lane from operation to operation, whatever the loop waits with: turns,
// timers, sleeping, gathering, accepting, the stop.
//
// `Loop` derives from TaskDriver<Loop, Stream>, and `Stream` from DrivenTask. The loop waits, and
// performs what concerns sockets and files. What it defines of these hooks replaces the default,
// which is in brackets; a loop that need not differ defines none but the first group.
//
// Operations [operation_not_supported]. Each returns how it ended; or it park()s the task, returns
// nullopt, and calls complete() later.
//   Attempt connect(Stream&, const op::Connect&)
//   Attempt receive(Stream&, const op::Receive&)
//   Attempt send(Stream&, const op::Send&)
//   Attempt file(Stream&, const Op&)          one of kFileOps; perform_by() is there for
//                                             a library that has no files
//   Attempt exchange(Stream&, const op::Exchange&)
//                                             is also called after a stop: it then tells the sink
//   void close(Stream&, bool reset)           there may be no stream [does nothing]
//
// Ending an operation early.
//   Attempt give_up(Stream&, std::errc why)   The pending connect, receive, send or exchange has
//                                             reached its deadline (timed_out), or one of these or
//                                             a file operation meets the stop (operation_canceled).
//                                             Returns how it ended; nullopt: complete() comes later
//                                             [ends with `why`; a file operation goes on]
//   void take_back(Stream&)                   The task does not look any more at what it received
//                                             last. It is called before each operation but Begin
//                                             and Send [does nothing]
//
// Accepting.
//   bool adopt(Stream&, Socket)               takes the socket of an accepted connection; false: no
//                                             resources, and the socket is the caller's still
//   void watch_listener(bool)                 whether connections are to be accepted
//
// How the task is reached. The defaults call it from within the loop; a coroutine is woken instead,
// and then calls perform(), Task::resume() and end_wait() itself.
//   void start(Stream&)                       begins the task [drive()s its first operation]
//   void resume(Stream&, const Completion&)   what it waited for has ended [drive()s the next one]
//   void await_turn(Stream&)                  take_turn() is due after others [by run_ready()]
//
// Where streams live.
//   std::unique_ptr<Stream> make_stream(Task&)     [std::make_unique<Stream>(task)]
//   void retire(std::unique_ptr<Stream>)           its task is done with it, but the kernel may not
//                                                  be [destroys it]
//
// What a loop that runs by callbacks alone may need to know.
//   void due_changed()                        next_due() may have become earlier [does nothing]
//   void became_idle()                        is_busy() has become false [does nothing]
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

#include "core/assert.hpp"
#include "core/driven_task.hpp"
#include "core/fd.hpp"
#include "core/file_ops.hpp"
#include "core/file_pool.hpp"
#include "core/job.hpp"

namespace asyncbench {

// All members but ask_to_stop() are for the thread that runs the loop.
template <class Loop, class Stream>
class TaskDriver {
 public:
  // Operations of a task that may end at once, one after the other, before others get a turn, and
  // the kernel is asked for news.
  static constexpr int kTurnLength = 64;

 protected:
  // How an operation ended, or nullopt when it has to wait.
  using Attempt = std::optional<Completion>;

  TaskDriver(Job& job, unsigned lane) : job_(job), lane_(lane), report_(job.lanes[lane]) {
    if (job.acceptor == nullptr) return;
    listener_ = job.acceptor->socket(lane);
    is_accepting_ = true;
  }
  ~TaskDriver() = default;

  // The defaults of the hooks.
  Attempt connect(Stream&, const op::Connect&) { return not_supported(); }
  Attempt receive(Stream&, const op::Receive&) { return not_supported(); }
  Attempt send(Stream&, const op::Send&) { return not_supported(); }
  Attempt file(Stream&, const Op&) { return not_supported(); }
  Attempt exchange(Stream&, const op::Exchange&) { return not_supported(); }
  void close(Stream&, bool) {}
  Attempt give_up(Stream& stream, std::errc why) {
    return stream.waits == Waits::file ? Attempt{} : failed(why);
  }
  void take_back(Stream&) {}
  bool adopt(Stream&, const Fd&) { return false; }
  void watch_listener(bool) {}
  void start(Stream& stream) { drive(stream, stream.task->start(lane_)); }
  void resume(Stream& stream, const Completion& ended) {
    drive(stream, stream.task->resume(ended));
  }
  void await_turn(Stream& stream) { ready_.push_back(&stream); }
  std::unique_ptr<Stream> make_stream(Task& task) { return std::make_unique<Stream>(task); }
  void retire(const std::unique_ptr<Stream>&) {}
  void due_changed() {}
  void became_idle() {}

  unsigned lane() const { return lane_; }
  LaneReport& report() { return report_; }
  int listener() const { return listener_; }
  // Whether connections are to be accepted now.
  bool is_accepting() const { return is_accepting_ && accept_again_at_ == kNever; }
  bool is_stopping() const { return is_stopping_; }

  // Those of the tasks that have not finished, in any order.
  const std::vector<Stream*>& running() const { return running_; }

  // Whether there is a task to run, or a connection to await.
  bool is_busy() const { return !running_.empty() || is_accepting_; }

  // Whether tasks have their turn to come, so that the loop must not wait.
  bool has_ready() const { return !ready_.empty(); }

  // When fire_timers() must be called, if not before.
  Time next_due() const { return std::min(put_off(timers_.next(), job_.slack), accept_again_at_); }

  // The clock as fire_timers() read it last: never later than now.
  Time last_known_time() const { return last_known_time_; }
  bool has_passed(Time due) const { return due <= last_known_time_; }

  // Begins the job's tasks of this lane.
  void start_tasks() {
    for (std::size_t i = lane_; i < job_.tasks.size(); i += job_.threads) {
      begin(add_stream(*job_.tasks[i]));
    }
  }

  // Resumes the tasks that have their turn now, and again those of them that give way to the
  // others, until so many operations have ended that there may be news. Nothing but its entry in
  // the list resumes such a task, so that those in the list are still there.
  void run_ready() {
    const std::uint64_t enough = report_.completions + kTurnLength;
    do {
      running_now_.swap(ready_);
      for (Stream* const stream : running_now_) take_turn(*stream);
      running_now_.clear();
    } while (has_ready() && report_.completions < enough);
  }

  void take_turn(Stream& stream) {
    must_hold(stream.waits == Waits::turn, "a task that has its turn waited for it");
    stream.waits = Waits::nothing;
    turn_taken();
    drive(stream, Op(stream.wanted));
  }

  // Whether a task gives way to others before its next operation, since so many have ended at once:
  // between two requests, so that one that has begun ends without waiting for the turns of others,
  // and all of them take equally long; in the midst of one only if nobody else waits, or it is
  // long.
  bool must_give_way(int ended_at_once, const Op& next) const {
    if (ended_at_once >= kTurnLength) return true;
    return ended_at_once > 0 && awaiting_turn_ > 0 && kind_of(next) == OpKind::begin;
  }

  // A task awaits its turn, and has it: called by a loop that resumes it otherwise than by
  // take_turn().
  void turn_awaited() { ++awaiting_turn_; }
  void turn_taken() { --awaiting_turn_; }

  void fire_timers() {
    last_known_time_ = now();
    while (Stream* const stream = timers_.pop_due(last_known_time_)) expired(*stream);
    if (accept_again_at_ > last_known_time_) return;
    accept_again_at_ = kNever;
    loop().watch_listener(true);
  }

  // Accepts what waits, but not so much in a row that those who are served already would wait.
  // `take(Fd)` gets each connection.
  void accept() {
    accept([this](Fd socket) { begin_accepted(std::move(socket)); });
  }
  template <class Take>
  void accept(Take take) {
    for (int i = 0; i < kTurnLength && accept_again_at_ == kNever; ++i) {
      Fd socket{::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
      if (!socket) {
        if (errno == EAGAIN) return;
        if (is_resource_shortage(errno)) return pause_accepting();
        continue;  // any other error is that of a connection which is already gone (accept(2))
      }
      take(std::move(socket));
    }
  }

  // A connection has been accepted: begins its task. False: there is none for it, or no resources,
  // and `socket` is the caller's still.
  template <class Socket>
  bool begin_accepted(Socket&& socket) {
    ++report_.completions;
    std::unique_ptr<Task> task = job_.acceptor->accepted(lane_);
    if (!task) return false;
    Stream& stream = add_stream(*task);
    if (!loop().adopt(stream, std::forward<Socket>(socket))) {
      leave(stream);
      pause_accepting();
      return false;
    }
    stream.owned = std::move(task);
    begin(stream);
    return true;
  }

  // Accepting has found no resources: goes on after kAcceptPause.
  void pause_accepting() {
    ++report_.accept_pauses;
    accept_again_at_ = now() + kAcceptPause;
    loop().watch_listener(false);
    loop().due_changed();
  }

  // An operation of the task is pending, until `until` at the latest.
  void park(Stream& stream, Waits waits, Time until) {
    must_hold(stream.waits == Waits::nothing, "a task waits for one thing at a time");
    stream.waits = waits;
    set_deadline(stream, until);
  }

  // Moves the end of the pending operation.
  void set_deadline(Stream& stream, Time until) {
    timers_.set(stream, until);
    loop().due_changed();
  }

  // The Connect, whether it is pending by now or not, is tried again after kBacklogPause.
  void await_backlog(Stream& stream, const op::Connect& wanted) {
    stream.wanted = wanted;
    stream.waits = Waits::backlog;
    set_deadline(stream, std::min(wanted.deadline, now() + kBacklogPause));
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
    end_wait(stream);
    loop().resume(stream, ended);
  }

  // The first half of complete(): the task runs again, and has still to be told.
  void end_wait(Stream& stream) {
    must_hold(is_pending(stream.waits), "an operation that ends is pending");
    stream.waits = Waits::nothing;
    timers_.clear(stream);
    ++report_.completions;
  }

  // A loop, not a recursion, and not without end: a task whose operations all end at once would
  // keep the others, and the stop, from their turns. The stream may be gone on return.
  void drive(Stream& stream, Op&& next) {
    must_hold(stream.waits == Waits::nothing, "an operation begins while none is pending");
    for (int ended_at_once = 0; !must_give_way(ended_at_once, next); ++ended_at_once) {
      const Attempt ended = perform(stream, next);
      if (!ended) return;
      ++report_.completions;
      next = stream.task->resume(*ended);
    }
    stream.wanted = next;
    stream.waits = Waits::turn;
    turn_awaited();
    loop().await_turn(stream);
  }

  // Begins one operation of a task that runs. After a Finish, which returns nullopt as well, the
  // stream is gone, or a gathered child's stream waits for its next run.
  Attempt perform(Stream& stream, const Op& next) {
    const OpKind kind = kind_of(next);
    if (kind == OpKind::begin) return is_stopping_ ? cancelled() : Completion{};
    // What a task received stays its own while it returns Begin or Send.
    if (kind != OpKind::send) loop().take_back(stream);
    if (is_stopping_ && !outlives_stop(kind) && kind != OpKind::exchange) return cancelled();
    // A switch, which compilers see through, where std::visit calls by a table.
    switch (kind) {
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
    if (running_.empty()) loop().became_idle();
  }

  // After an exception: ends all streams, and the tasks of accepted connections, which nobody else
  // owns. Nothing of them is with the kernel or a thread any more.
  void drop_tasks() {
    const std::vector<Stream*> dropped = std::exchange(running_, {});
    for (Stream* const stream : dropped) {
      if (stream->parent != nullptr) continue;  // goes with the task that gathered it
      try {
        discard(*stream);
      } catch (...) {
        // The first exception is the one that is reported.
      }
    }
  }

 private:
  static Stream& stream_of(Task& task) { return static_cast<Stream&>(*task.state); }
  Loop& loop() { return static_cast<Loop&>(*this); }
  static Attempt not_supported() { return failed(std::errc::operation_not_supported); }
  static Completion cancelled() { return failed(std::errc::operation_canceled); }

  Stream& add_stream(Task& task) {
    must_hold(task.state == nullptr, "a task that begins has no stream of an earlier run");
    std::unique_ptr<Stream> stream = loop().make_stream(task);
    Stream& added = *stream;
    task.state = std::move(stream);
    return added;
  }

  void begin(Stream& stream) {
    must_hold(stream.waits == Waits::start, "a task that begins does not run");
    stream.waits = Waits::nothing;
    stream.index = static_cast<std::uint32_t>(running_.size());
    running_.push_back(&stream);
    loop().start(stream);
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
      add_stream(child);
      if (!parent.children) parent.children = std::make_unique<std::vector<Task*>>();
      parent.children->push_back(&child);
    }
    Stream& stream = stream_of(child);
    stream.parent = &parent;
    begin(stream);
  }

  Completion gathered() const { return is_stopping_ ? cancelled() : Completion{}; }

  void finish(Stream& stream) {
    discard_children(stream);
    stream.waits = Waits::start;
    must_hold(running_[stream.index] == &stream, "a task that finishes was running");
    running_.back()->index = stream.index;
    running_[stream.index] = running_.back();
    running_.pop_back();
    if (DrivenTask* const parent = stream.parent) {
      // The child keeps its stream for its next run. The parent may be resumed here, and the child
      // with it: nothing of it is touched after this.
      if (--parent->unfinished_children == 0) complete(static_cast<Stream&>(*parent), gathered());
      return;
    }
    discard(stream);
    if (!is_busy()) loop().became_idle();
  }

  // Ends the stream, those of the children, and the task if it is the strategy's own.
  void discard(Stream& stream) {
    discard_children(stream);
    const std::unique_ptr<Task> owned = std::move(stream.owned);  // outlives its stream
    leave(stream);
  }

  void discard_children(Stream& stream) {
    const auto children = std::move(stream.children);
    if (!children) return;
    for (Task* const child : *children) discard(stream_of(*child));
  }

  void leave(Stream& stream) {
    loop().close(stream, false);
    timers_.remove(stream);
    stream.task->state.release();
    loop().retire(std::unique_ptr<Stream>(&stream));
  }

  void expired(Stream& stream) {
    must_hold(is_pending(stream.waits), "a timer that fires belongs to a pending operation");
    Attempt ended = failed(std::errc::timed_out);
    switch (stream.waits) {
      case Waits::sleep:
        ended = Completion{};
        break;
      case Waits::backlog: {
        const auto wanted = *std::get_if<op::Connect>(&stream.wanted);
        if (has_passed(wanted.deadline)) break;
        stream.waits = Waits::nothing;
        ended = loop().connect(stream, wanted);
        if (ended) stream.waits = Waits::backlog;
        break;
      }
      default:
        ended = loop().give_up(stream, std::errc::timed_out);
        break;
    }
    if (ended) complete(stream, *ended);
  }

  void cancel(Stream& stream) {
    Attempt ended = cancelled();
    switch (stream.waits) {
      case Waits::start:
      case Waits::nothing:
      case Waits::turn:
      case Waits::children:
        return;
      case Waits::sleep:
      case Waits::backlog:
        break;
      default:
        ended = loop().give_up(stream, std::errc::operation_canceled);
        break;
    }
    if (ended) complete(stream, *ended);
  }

  Job& job_;
  const unsigned lane_;
  LaneReport& report_;
  TimerQueue<Stream> timers_;
  Time last_known_time_ = now();
  std::vector<Stream*> running_;      // those of the tasks that have not finished
  std::vector<Stream*> ready_;        // that have their turn to come
  std::vector<Stream*> running_now_;  // scratch of run_ready()
  std::size_t awaiting_turn_ = 0;     // in these lists, or in those of the loop's library

  int listener_ = -1;
  bool is_accepting_ = false;
  Time accept_again_at_ = kNever;  // the end of a pause

  std::atomic<bool> stop_asked_ = false;
  bool is_stopping_ = false;
};

}  // namespace asyncbench
