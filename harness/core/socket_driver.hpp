// A task driver for loops that learn when a descriptor is ready and then call the kernel themselves
// (epoll, libevent, poll): connecting, receiving and sending on sockets that do not block, files by
// threads.
//
// `Loop` derives from SocketDriver<Loop, Stream>, and `Stream` from SocketTask. It defines turn(),
// which waits once, calls woken() and has_news() for what has come, and run_ready(), fire_timers()
// and accept() when they are due; watch_listener(); and of these hooks what it needs, the default
// of each being to do nothing:
//
//   int watch(Stream&, bool connects)  The socket is a new one, which is connected or being so.
//                                      Returns 0, or the errno with which that ends the Connect
//   int await(Stream&, Waits what)     The task waits for bytes (receive) or for room (send)
//   void has_sent(Stream&)             A send that awaited room has ended
//   int result_of_connect(Stream&)     [end_connect()]
//   void unwatch(Stream&)              The socket is about to be closed, or nobody asked for the
//   news
#pragma once

#include <sys/socket.h>

#include <cerrno>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "core/assert.hpp"
#include "core/endpoint.hpp"
#include "core/fine_timers.hpp"
#include "core/loop_descriptors.hpp"
#include "core/receive_buffers.hpp"
#include "core/socket_ops.hpp"
#include "core/task_driver.hpp"

namespace asyncbench {

// What such a loop keeps for one task.
struct SocketTask : DrivenTask {
  using DrivenTask::DrivenTask;

  ReceiveBuffers::Buffer lent;     // what the task received, while it may look at it
  std::unique_ptr<FileWait> file;  // from the first file operation that blocked
  Fd socket;
  // Whether a receive may bring something: news sets it, and a receive that got less than it asked
  // for clears it, for then the socket is empty. Without a socket it stands too, so that a receive
  // says what is wrong instead of waiting.
  bool may_receive = true;
  // The peer will send no more, or there was an error: there may be no news after the last bytes.
  bool has_hung_up = false;
  bool is_unix = false;
};

template <class Loop, class Stream>
class SocketDriver : public TaskDriver<Loop, Stream> {
  using Driver = TaskDriver<Loop, Stream>;
  friend Driver;

 public:
  // Throws StrategyError when the system grants no descriptors.
  SocketDriver(Job& job, unsigned lane, FilePolicy in_loop = FilePolicy::cached)
      : Driver(job, lane), files_([this] { wake_.wake(); }, in_loop) {
    if (!this->is_accepting()) return;
    accepts_unix_ = is_unix_socket(this->listener());
    set_blocking(this->listener(), false);
  }

  // Runs to the end of the job. Throws StrategyError.
  void run() {
    const FineTimers fine_timers;
    this->stop_if_asked();
    try {
      if (this->is_accepting()) loop().watch_listener(true);
      this->start_tasks();
      while (this->is_busy()) loop().turn();
    } catch (...) {
      files_.end();
      this->drop_tasks();
      throw;
    }
    must_hold(buffers_.lent() == 0, "no task holds a receive buffer after its end");
    this->report().counters["receives_in_vain"] = receives_in_vain_;
    this->report().counters["short_sends"] = short_sends_;
    this->report().counters["file_threads"] = files_.threads();
    this->report().counters["file_tries_refused"] = files_.refusals();
  }

  // From any thread: the hard stop.
  void stop() {
    this->ask_to_stop();
    wake_.wake();
  }

 protected:
  using typename Driver::Attempt;

  // The defaults of the hooks.
  int watch(Stream&, bool) { return 0; }
  int await(Stream&, Waits) { return 0; }
  void has_sent(Stream&) {}
  int result_of_connect(Stream& stream) { return end_connect(stream.socket.get()); }
  void unwatch(Stream&) {}

  // Readable when woken() is to be called.
  int wake_fd() const { return wake_.get(); }

  // By the stop, or by the threads that perform file operations.
  void woken() {
    this->take_files(files_);
    this->stop_if_asked();
  }

  // What the task waits for on its socket may have come.
  void has_news(Stream& stream) {
    Attempt ended;
    switch (stream.waits) {
      case Waits::connect:
        ended = connected(stream, loop().result_of_connect(stream));
        break;
      case Waits::receive:
        ended = receive_now(stream);
        break;
      case Waits::send:
        ended = send_at_once(stream, *std::get_if<op::Send>(&stream.wanted));
        if (ended) loop().has_sent(stream);
        break;
      default:
        loop().unwatch(stream);
        break;
    }
    if (ended) this->complete(stream, *ended);
  }

 private:
  Loop& loop() { return static_cast<Loop&>(*this); }

  Attempt connect(Stream& stream, const op::Connect& wanted) {
    Fd socket = stream_socket(*wanted.to, SOCK_NONBLOCK);
    if (!socket) return failed(errno);
    int error = begin_connect(socket.get(), *wanted.to);
    if (error == EAGAIN && wanted.to->is_unix()) {
      this->await_backlog(stream, wanted);
      return std::nullopt;
    }
    if (error != 0 && error != EINPROGRESS) return failed(error);
    if (const int refused = open(stream, std::move(socket), wanted.to->is_unix(), error != 0)) {
      error = refused;
    }
    if (error != EINPROGRESS) return connected(stream, error);
    this->park(stream, Waits::connect, wanted.deadline);
    return std::nullopt;
  }

  // The socket is watched once it connects and not before: for epoll, one that does not counts as
  // hung up (tcp_poll() in net/ipv4/tcp.c).
  int open(Stream& stream, Fd socket, bool is_unix, bool connects) {
    stream.socket = std::move(socket);
    stream.is_unix = is_unix;
    stream.may_receive = false;
    stream.has_hung_up = false;
    return loop().watch(stream, connects);
  }

  // After an error there is no stream, and the task owes no Close.
  Completion connected(Stream& stream, int error) {
    if (error == 0) return {};
    close(stream, false);
    return failed(error);
  }

  bool adopt(Stream& stream, Fd accepted) {
    return open(stream, std::move(accepted), accepts_unix_, false) == 0;
  }

  Attempt receive(Stream& stream, const op::Receive& wanted) {
    const bool is_late = this->has_passed(wanted.deadline);
    if (stream.may_receive || is_late) {
      if (Attempt received = receive_now(stream)) return received;
      if (is_late) return failed(std::errc::timed_out);
    }
    if (const int error = loop().await(stream, Waits::receive)) return failed(error);
    this->park(stream, Waits::receive, wanted.deadline);
    return std::nullopt;
  }

  Attempt receive_now(Stream& stream) {
    const Attempt received = buffers_.receive(stream.socket.get(), stream.lent);
    if (!received) {
      ++receives_in_vain_;
      stream.may_receive = false;
    } else {
      if (received->data.empty()) stream.has_hung_up = true;
      stream.may_receive = received->data.size() == kReceiveBytes || stream.has_hung_up;
    }
    return received;
  }

  void take_back(Stream& stream) {
    if (stream.lent) buffers_.give_back(std::move(stream.lent));
  }

  // Less than the whole means that the socket is full, so that the next room is news.
  Attempt send(Stream& stream, op::Send wanted) {
    if (Attempt sent = send_at_once(stream, wanted)) return sent;
    ++short_sends_;
    if (const int error = loop().await(stream, Waits::send)) return failed(error);
    stream.wanted = wanted;
    this->park(stream, Waits::send, wanted.deadline);
    return std::nullopt;
  }

  // Sends what there is room for; nullopt: not for all, and `rest` is what remains.
  static Attempt send_at_once(Stream& stream, op::Send& rest) {
    const ssize_t sent = ::send(stream.socket.get(), rest.bytes.data(), rest.bytes.size(),
                                MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN ? Attempt{} : failed(errno);
    rest.bytes = rest.bytes.subspan(static_cast<std::size_t>(sent));
    return rest.bytes.empty() ? Attempt{Completion{}} : std::nullopt;
  }

  // For a poller a file is always ready, however long a read then takes.
  Attempt file(Stream& stream, const Op& wanted) {
    return this->perform_by(files_, stream, wanted);
  }

  // The kernel holds no bytes that it has not taken. A file operation goes on.
  Attempt give_up(Stream& stream, std::errc why) {
    if (stream.waits == Waits::connect) close(stream, false);
    if (stream.waits == Waits::receive && why == std::errc::timed_out) {
      // What is there is taken, even if the news of it is still to come.
      if (Attempt received = receive_now(stream)) return received;
    }
    return Driver::give_up(stream, why);
  }

  void close(Stream& stream, bool reset) {
    if (!stream.socket) return;
    loop().unwatch(stream);
    if (reset) reset_on_close(stream.socket.get());
    stream.socket.reset();
    stream.may_receive = true;
  }

  WakeFd wake_;
  FilePool files_;
  ReceiveBuffers buffers_;
  bool accepts_unix_ = false;
  std::uint64_t receives_in_vain_ = 0;
  std::uint64_t short_sends_ = 0;
};

}  // namespace asyncbench
