// Turning the loop: timer, turns, accepting, files, the end.
#include "loop.hpp"

#include <fcntl.h>
#include <sys/socket.h>

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <utility>

namespace asyncbench::asio_loop {

namespace {

[[noreturn]] void throw_errno(const char* operation) {
  throw boost::system::system_error(errno, boost::system::system_category(), operation);
}

Protocol protocol_of(int listening) {
  int family = 0;
  int protocol = 0;
  socklen_t size = sizeof(int);
  if (getsockopt(listening, SOL_SOCKET, SO_DOMAIN, &family, &size) != 0 ||
      getsockopt(listening, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) != 0) {
    throw_errno("getsockopt");
  }
  return {family, protocol};
}

// A duplicate is listened on, since Asio closes what it holds, and the acceptor's socket is lent.
Listener make_listener(net::io_context& context, int lent) {
  Fd copy(fcntl(lent, F_DUPFD_CLOEXEC, 0));
  if (!copy) throw_errno("fcntl(F_DUPFD_CLOEXEC)");
  Listener listener(context.get_executor(), protocol_of(copy.get()), copy.get());
  copy.release();
  listener.non_blocking(true);
  // Without this option Asio itself waits, in poll(), after a connection that was reset in the
  // queue.
  listener.set_option(net::socket_base::enable_connection_aborted(true));
  return listener;
}

}  // namespace

// The hint is like 1, and also drops the locks on descriptors: one thread runs the loop, and the
// only call from another thread is post(), which keeps its locks.
Loop::Loop(Job& job, unsigned lane, MakeStream make)
    : TaskDriver(job, lane),
      make_stream_(make),
      context_(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO)
#if defined(BOOST_ASIO_HAS_FILE)
      ,
      io_memory_(context_, job.io_memory, report())
#endif
{
  if (is_accepting()) acceptor_.emplace(make_listener(context_, listener()));
}

// What is pending has to end before the streams that hold its memory. After a run that has ended
// well nothing is pending. After an exception, which is the one that is reported whatever is thrown
// here, the tasks are stopped; a task that waits for a file thread, or that the exception kept from
// going on, is dropped.
Loop::~Loop() {
  const auto is_done = [](auto action) {
    try {
      action();
      return true;
    } catch (...) {
      return false;
    }
  };
  files_.end();
  ask_to_stop();
  if (!is_done([this] { stop_if_asked(); })) {
    error_code ignored;
    for (Stream* const stream : running()) stream->socket.cancel(ignored);
  }
  became_idle();
  while (!is_done([this] {
    context_.restart();
    context_.run();
  })) {
  }
  drop_tasks();
}

void Loop::run() {
  stop_if_asked();
  if (is_accepting()) watch_listener(true);
  start_tasks();
  if (is_busy()) work_.emplace(context_.get_executor());
  {
    const CountsWaits counts(report());
    context_.run();
  }
  must_hold(!is_busy() && buffers_.lent() == 0,
            "a run ends with its last task, which holds nothing");
  if (files_.threads() > 0) {
    report().counters["file_threads"] = files_.threads();
    report().counters["file_tries_refused"] = files_.refusals();
  }
}

void Loop::stop() {
  ask_to_stop();
  net::post(context_, [this] { stop_if_asked(); });
}

// In steady state deadlines only move away, and the timer is left alone (see TimerQueue).
void Loop::arm() {
  armed_ = next_due();
  timer_.expires_at(armed_);
  timer_.async_wait([this](const error_code& error) {
    if (error != net::error::operation_aborted) fire();
  });
}

void Loop::fire() {
  armed_ = Time::min();  // for what is set meanwhile, the timer is armed once, below
  fire_timers();
  armed_ = kNever;
  due_changed();
}

// io_context::run() returns when nothing is pending. A timer whose deadlines no task has any more
// would keep it.
void Loop::became_idle() {
  armed_ = kNever;
  timer_.cancel();
  work_.reset();
}

// Asio's io_uring backend has reads and writes of its own, which go to the ring whether cached or
// not. What it has not, such as opening and syncing, is for the lane's file threads.
Loop::Attempt Loop::file(Stream& stream, const Op& wanted) {
#if defined(BOOST_ASIO_HAS_FILE)
  if (FileTransfer::can(wanted)) {
    stream.wanted = wanted;
    park(stream, Waits::file, kNever);
    stream.begin_wait();
    return std::nullopt;
  }
#endif
  return perform_by(files_, stream, wanted);
}

// A file thread calls this. One wake-up at a time is on its way, so one block of memory is enough.
void Loop::files_ended() {
  net::post(context_, in_memory(wake_memory_, [this] { take_files(files_); }));
}

// The listener stays open until the loop ends: over io_uring, Asio gives the state of a closed
// socket to the next one while the kernel's last completion for it is still to come.
void Loop::watch_listener(bool is_wanted) {
  if (!is_wanted) {
    error_code ignored;
    acceptor_->cancel(ignored);
    return;
  }
  acceptor_->async_wait(Listener::wait_read,
                        in_memory(accept_memory_, [this](const error_code& error) {
                          if (!error && is_accepting()) accept_waiting();
                        }));
}

// Like TaskDriver::accept(), by Asio's own call, which leaves the socket as its backend needs it.
void Loop::accept_waiting() {
  for (int accepted = 0; accepted < kTurnLength; ++accepted) {
    error_code error;
    Socket socket(context_.get_executor());
    acceptor_->accept(socket, error);
    if (error == net::error::would_block) break;
    if (is_resource_shortage(error.value())) return pause_accepting();
    // Any other error is that of a connection which is already gone (accept(2)).
    if (!error) begin_accepted(std::move(socket));
  }
  watch_listener(true);
}

bool Loop::adopt(Stream& stream, Socket accepted) {
  stream.socket = std::move(accepted);
  return true;
}

}  // namespace asyncbench::asio_loop
