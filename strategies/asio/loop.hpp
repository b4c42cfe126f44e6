// One lane: an io_context, the tasks that it runs, and the timer that all of their deadlines share.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

#include "core/file_pool.hpp"
#include "core/task_driver.hpp"
#include "files.hpp"
#include "net.hpp"
#include "stream.hpp"

namespace asyncbench::asio_loop {

class Loop final : public TaskDriver<Loop, Stream> {
 public:
  // Throws boost::system::system_error when the kernel grants no epoll descriptor or no ring, or
  // the acceptor's socket cannot be listened on.
  Loop(Job& job, unsigned lane, MakeStream make);
  ~Loop();

  // Runs the lane's tasks, and those of the connections it accepts, until all have finished.
  void run();

  // From any thread: the hard stop.
  void stop();

  // For the streams, which go on with their tasks by these.
  using TaskDriver::Attempt;
  using TaskDriver::drive;
  using TaskDriver::lane;
  using TaskDriver::must_give_way;
  using TaskDriver::perform;
  using TaskDriver::report;
  using TaskDriver::take_turn;
  using TaskDriver::turn_awaited;
  using TaskDriver::turn_taken;

  net::io_context& context() { return context_; }

  // An operation of Asio's has ended: the task runs again, and is to be told what is returned.
  // After sent() without a completion, the rest has still to be sent.
  Completion connected(Stream& stream, const error_code& error);
  Completion received(Stream& stream, const error_code& error, std::size_t size);
  Attempt sent(Stream& stream, const error_code& error, std::size_t size);
#if defined(BOOST_ASIO_HAS_FILE)
  Completion transferred(Stream& stream, const error_code& error, std::size_t size);

  IoMemory& io_memory() { return io_memory_; }
#endif

 private:
  friend class TaskDriver<Loop, Stream>;

  // Turning, files and the end (loop.cpp).
  std::unique_ptr<Stream> make_stream(Task& task) { return make_stream_(*this, task); }
  void start(Stream& stream) { stream.start(); }
  void resume(Stream& stream, const Completion& ended) { stream.resume(ended); }
  void await_turn(Stream& stream) { stream.begin_wait(); }
  void due_changed() {
    if (next_due() < armed_) arm();
  }
  void arm();
  void fire();
  Attempt file(Stream& stream, const Op& wanted);
  void files_ended();
  void became_idle();

  // Accepting (loop.cpp).
  void watch_listener(bool is_wanted);
  void accept_waiting();
  bool adopt(Stream& stream, Socket accepted);

  // Streams (loop_streams.cpp).
  Attempt connect(Stream& stream, const op::Connect& wanted);
  Attempt connect_unix(Stream& stream, const op::Connect& wanted);
  Attempt receive(Stream& stream, const op::Receive& wanted);
  Attempt send(Stream& stream, op::Send wanted);
  Attempt give_up(Stream& stream, std::errc);
  Completion settle(Stream& stream, const error_code& error, const Completion& ended);
  void take_back(Stream& stream) {
    if (stream.lent) buffers_.give_back(std::move(stream.lent));
  }
  void close(Stream& stream, bool reset);

  const MakeStream make_stream_;
  HandlerMemory wake_memory_;    // these outlive the context, which may still hold
  HandlerMemory accept_memory_;  // a wake-up and the wait of the listener
  net::io_context context_;
  // While there are tasks, or connections to come: run() would return when nothing but file threads
  // were at work.
  std::optional<net::executor_work_guard<Executor>> work_;
  WakeTimer timer_{context_.get_executor()};
  // When timer_ fires. kNever: it does not wait; the least time: it must not be set.
  Time armed_ = kNever;
#if defined(BOOST_ASIO_HAS_FILE)
  IoMemory io_memory_;
#endif
  FilePool files_{[this] { files_ended(); }};
  ReceiveBuffers buffers_;
  std::optional<Listener> acceptor_;
};

}  // namespace asyncbench::asio_loop
