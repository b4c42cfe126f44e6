// A stream over TCP or a Unix socket, driven by calls that look blocking to the fiber that makes
// them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "core/endpoint.hpp"
#include "core/fd.hpp"
#include "core/op.hpp"
#include "core/receive_buffers.hpp"
#include "reactor.hpp"

namespace asyncbench::fiber {

// What the streams of a lane share.
struct StreamsOfLane {
  Reactor& reactor;
  ReceiveBuffers buffers;
  std::uint64_t receives_in_vain = 0;
  std::uint64_t short_sends = 0;
};

class Stream : public SocketWaiter {
 public:
  explicit Stream(StreamsOfLane& lane) : lane_(lane) {}
  ~Stream() { lane_.reactor.forget(*this); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // Takes a socket that does not block. 0, or the errno: then there is no stream.
  int adopt(Fd socket, bool is_unix);

  // These do what the operations of the same name promise, and are called by the stream's fiber.
  Completion connect(const Endpoint& to, Time deadline);
  Completion receive(Time deadline);
  Completion send(std::span<const std::byte> bytes, Time deadline);
  void close(bool reset);

  // What was received last is not looked at any more.
  void take_back() {
    if (lent_) lane_.buffers.give_back(std::move(lent_));
  }

 private:
  int open(Fd socket, bool is_unix, bool connects);
  std::optional<Completion> receive_now();

  StreamsOfLane& lane_;
  ReceiveBuffers::Buffer lent_;
  Fd socket_;
  bool is_unix_ = false;
  bool is_watched_for_room_ = false;
};

}  // namespace asyncbench::fiber
