#include "loop.hpp"

#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <utility>

#include "accept_loop.hpp"
#include "stream.hpp"

namespace asyncbench::asio_loop {

Loop::Loop(Job& job, unsigned lane, MakeStream make_stream)
    : job_(job),
      lane_(lane),
      make_stream_(make_stream),
      report_(job.lanes[lane]),
      // Like a hint of 1, and without the locks on descriptors: one thread runs the loop, and the
      // only call from another is post(), whose locks stay.
      context_(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO),
      timer_(context_.get_executor()),
#if defined(BOOST_ASIO_HAS_FILE)
      io_memory_(context_, job.io_memory, report_),
#endif
      stopping_(job.stop.stop_requested()) {
  make_files();
  if (job.acceptor != nullptr && !stopping_) {
    accept_loop_ = std::make_unique<AcceptLoop>(*this, *job.acceptor);
  }
}

Loop::~Loop() { wind_up(); }

void Loop::run() {
  for (std::size_t i = lane_; i < job_.tasks.size(); i += job_.threads) {
    add(*job_.tasks[i], nullptr, nullptr).begin();
  }
  if (accept_loop_) accept_loop_->start();
  end_when_idle();
  {
    const CountsWaits counts(report_);
    context_.run();
  }
  if (files_->threads() > 0) report_.counters["file_threads"] = files_->threads();
}

void Loop::stop() {
  net::post(context_, [this] { cancel_everything(); });
}

void Loop::start(std::unique_ptr<Task> task, Socket accepted) {
  Task& started = *task;
  Stream& stream = add(started, std::move(task), nullptr);
  stream.adopt(std::move(accepted));
  stream.begin();
}

void Loop::start_child(Task& task, Stream& parent) {
  if (!task.state) {
    add(task, nullptr, &parent).begin();
    return;
  }
  auto& stream = static_cast<Stream&>(*task.state);
  enter(stream);
  stream.begin();
}

Stream& Loop::add(Task& task, std::unique_ptr<Task> owned, Stream* parent) {
  std::unique_ptr<Stream> stream = make_stream_(*this, task, std::move(owned), parent);
  Stream& added = *stream;
  task.state = std::move(stream);
  enter(added);
  return added;
}

void Loop::enter(Stream& stream) {
  stream.index = streams_.size();
  streams_.push_back(&stream);
}

void Loop::leave(Stream& stream) {
  if (stream.index == kNotRunning) return;
  streams_.back()->index = stream.index;
  streams_[stream.index] = streams_.back();
  streams_.pop_back();
  stream.index = kNotRunning;
}

void Loop::finish(Stream& stream) {
  leave(stream);
  stream.close_children();
  if (Stream* const parent = stream.parent()) {
    parent->child_finished();
    return;
  }
  // The task outlives its stream, which lies in it.
  const std::unique_ptr<Task> owned = stream.release_task();
  const std::unique_ptr<TaskState> state = std::move(stream.task().state);
  end_when_idle();
}

void Loop::start_timer(Waiter& waiter, Time due) {
  timers_.set(waiter, due);
  arm();
}

// In steady state deadlines only move away, and the timer is left alone (see TimerQueue).
void Loop::arm() {
  const Time next = timers_.next();
  if (next >= armed_) return;
  armed_ = next;
  timer_.expires_at(next);
  timer_.async_wait([this](const error_code& error) {
    if (error != net::error::operation_aborted) fire();
  });
}

void Loop::fire() {
  armed_ = Time::min();  // for what is set meanwhile, the timer is armed once, below
  const Time at = look_at_clock();
  while (Waiter* const waiter = timers_.pop_due(at)) waiter->expired();
  armed_ = kNever;
  arm();
}

// When there are file threads already, they end their work first, of which nobody is told.
void Loop::make_files() {
  files_.emplace([this] { wake_for_files(); });
}

// From a file thread. One wake-up at a time is on its way, so one block of memory does.
void Loop::wake_for_files() {
  net::post(context_, net::bind_allocator(HandlerAllocator<void>(wake_memory_),
                                          [this] { files_->take_ended(&Stream::file_ended); }));
}

void Loop::cancel_everything() {
  if (stopping_) return;
  stopping_ = true;
  if (accept_loop_) accept_loop_->stop();
  // Backwards, since a stream that finishes gives its place to the last one; a child may take its
  // parent with it.
  for (std::size_t i = streams_.size(); i-- > 0;) {
    if (i < streams_.size()) streams_[i]->cancel();
  }
  end_when_idle();
}

// io_context::run() returns when nothing is pending; a timer for deadlines long met would be.
void Loop::end_when_idle() {
  if (streams_.empty() && (!accept_loop_ || stopping_)) {
    armed_ = kNever;
    timer_.cancel();
    work_.reset();
  }
}

// What is pending has to end before the streams that hold its memory. After a run that has ended
// well that is nothing; after an exception, whatever tasks want now ends with operation_canceled.
void Loop::wind_up() {
  const auto done = [](auto action) {
    try {
      action();
      return true;
    } catch (...) {
      return false;  // the first exception is the one that is reported
    }
  };
  make_files();
  stopping_ = true;
  done([this] {
    if (accept_loop_) accept_loop_->stop();
  });
  for (std::size_t i = streams_.size(); i-- > 0;) {
    done([this, i] {
      if (i < streams_.size()) streams_[i]->cancel();
    });
  }
  timer_.cancel();
  work_.reset();
  while (!done([this] {
    context_.restart();
    context_.run();
  })) {
  }
  while (!streams_.empty()) {
    // The task of an accepted connection goes with its stream, and after it.
    const std::unique_ptr<Task> owned = streams_.back()->release_task();
    const std::unique_ptr<TaskState> state = std::move(streams_.back()->task().state);
  }
}

}  // namespace asyncbench::asio_loop
