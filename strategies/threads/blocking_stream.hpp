// A stream over TCP or a Unix socket, driven by blocking system calls, with deadlines.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>

#include "core/endpoint.hpp"
#include "core/fd.hpp"
#include "core/op.hpp"
#include "stop_signal.hpp"

namespace asyncbench::threads {

// SO_RCVTIMEO or SO_SNDTIMEO of one socket, set as rarely as possible. The kernel keeps these
// timeouts on its timer wheel, which fires up to 1/8 of the timeout late (kernel/time/timer.c), so
// the option is chosen well short of the deadline, and the last stretch is a precise poll.
// A request deadline moves with every request: an option that still fits stays.
class CoarseTimeout {
 public:
  explicit CoarseTimeout(int option) : option_(option) {}

  // Makes blocking calls on `fd` return before `deadline`. False when that is too near (or past):
  // the caller must not block.
  bool fit(int fd, Time deadline);

  // For a new socket, which has no timeout.
  void forget() { current_ = {}; }

 private:
  bool apply(int fd, Duration timeout);

  int option_;
  Duration current_{};  // 0: none
};

// One thread at a time, except for shut_down().
class BlockingStream {
 public:
  explicit BlockingStream(const StopSignal& stop);
  ~BlockingStream() { close(false); }

  // Takes an accepted socket over.
  void adopt(Fd fd);

  // These do what the operations of the same name promise. `waits` counts the calls that can wait
  // for the peer: a blocking call does not say whether it slept.
  Completion connect(const Endpoint& to, Time deadline);
  Completion receive(Time deadline);
  Completion send(std::span<const std::byte> bytes, Time deadline);
  void close(bool reset);
  int descriptor() const { return fd_; }  // -1: there is no stream
  std::uint64_t waits() const { return waits_; }

  // Wakes whoever blocks on the stream, from any thread. A connect that has not yet begun is not
  // affected: call again until it is.
  void shut_down();

 private:
  bool wait_until_ready(short events, Time deadline);
  int connect_tcp(const Endpoint& to, Time deadline);
  int connect_unix(const Endpoint& to, Time deadline);

  const StopSignal& stop_;

  // Orders shut_down() against close(): a closed number may at once be another task's socket.
  std::mutex mutex_;
  int fd_ = -1;
  CoarseTimeout receive_timeout_;
  CoarseTimeout send_timeout_;
  std::unique_ptr<std::byte[]> buffer_;  // made by the first receive
  std::uint64_t waits_ = 0;
};

}  // namespace asyncbench::threads
