#include "loop.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <utility>

#include "accept_loop.hpp"
#include "stream.hpp"

namespace asyncbench::asio_loop {

Loop::Loop(Job& job, unsigned lane)
    : job_(job),
      lane_(lane),
      report_(job.lanes[lane]),
      // Like a hint of 1, and without the locks on descriptors: one thread runs the loop, and the
      // only call from another is post(), whose lock stays.
      context_(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO),
      timer_(context_.get_executor()),
      stopping_(job.stop.stop_requested()) {
  if (job.acceptor != nullptr && !stopping_) {
    accept_loop_ = std::make_unique<AcceptLoop>(*this, *job.acceptor);
  }
}

Loop::~Loop() { abandon(); }

void Loop::run() {
  for (std::size_t i = lane_; i < job_.tasks.size(); i += job_.threads) start(*job_.tasks[i]);
  if (accept_loop_) accept_loop_->start();
  end_when_idle();
  context_.run();
}

void Loop::stop() {
  net::post(context_, [this] { cancel_everything(); });
}

void Loop::start(Task& task) {
  add(std::make_unique<Stream>(*this, task, nullptr, Socket(context_.get_executor())))
      .drive(task.start(lane_));
}

void Loop::start(std::unique_ptr<Task> task, Socket accepted) {
  Task& started = *task;
  add(std::make_unique<Stream>(*this, started, std::move(task), std::move(accepted)))
      .drive(started.start(lane_));
}

Stream& Loop::add(std::unique_ptr<Stream> stream) {
  Stream& added = *stream;
  added.index = streams_.size();
  streams_.push_back(&added);
  added.task().state = std::move(stream);
  return added;
}

void Loop::finish(Stream& stream) {
  streams_.back()->index = stream.index;
  std::swap(streams_[stream.index], streams_.back());
  streams_.pop_back();
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
  armed_ = kNever;
  const Time at = look_at_clock();
  while (Waiter* const waiter = timers_.pop_due(at)) waiter->expired();
  arm();
}

void Loop::cancel_everything() {
  if (stopping_) return;
  stopping_ = true;
  if (accept_loop_) accept_loop_->stop();
  // Backwards, since a stream that finishes gives its place to the last one.
  for (std::size_t i = streams_.size(); i-- > 0;) streams_[i]->cancel();
  end_when_idle();
}

// io_context::run() returns when nothing is pending; a timer for deadlines long met would be.
void Loop::end_when_idle() {
  if (streams_.empty() && (!accept_loop_ || stopping_)) {
    armed_ = kNever;
    timer_.cancel();
  }
}

// After an exception: Asio's pending operations have to end before the streams that hold their
// memory. Whatever tasks want now ends with operation_canceled.
void Loop::abandon() {
  if (streams_.empty()) return;
  stopping_ = true;
  timer_.cancel();
  if (accept_loop_) accept_loop_->stop();
  for (Stream* const stream : streams_) stream->abandon();
  for (bool ended = false; !ended;) {
    try {
      context_.restart();
      context_.run();
      ended = true;
    } catch (...) {
      // The first exception is the one that is reported.
    }
  }
  while (!streams_.empty()) finish(*streams_.back());
}

}  // namespace asyncbench::asio_loop
