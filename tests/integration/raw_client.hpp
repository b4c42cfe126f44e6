// A client that need not follow HTTP and may misbehave.
#pragma once

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>

#include "core/endpoint.hpp"
#include "core/fd.hpp"
#include "core/time.hpp"

namespace asyncbench::test {

class RawClient {
 public:
  // Not connected yet. `receive_buffer_bytes`: 0 for the kernel's default.
  explicit RawClient(int receive_buffer_bytes = 0)
      : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (receive_buffer_bytes > 0) {
      ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes,
                   sizeof receive_buffer_bytes);
    }
  }

  static RawClient to(std::uint16_t port, int receive_buffer_bytes = 0) {
    RawClient client(receive_buffer_bytes);
    client.connect(port);
    return client;
  }

  bool connect(std::uint16_t port) {
    const Endpoint server = Endpoint::loopback(port);
    return ::connect(fd_.get(), server.address(), server.size()) == 0;
  }

  // False: the connection is gone.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent < 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  // Receives once; empty at the deadline, at the end of the stream or after a reset.
  std::string receive(Time deadline) {
    pollfd ready{.fd = fd_.get(), .events = POLLIN};
    int polled = 0;
    do {
      polled = ::poll(&ready, 1, remaining_ms(deadline));
    } while (polled < 0 && errno == EINTR);
    if (polled <= 0) return {};
    std::string bytes(64 * 1024, '\0');
    const ssize_t size = ::recv(fd_.get(), bytes.data(), bytes.size(), 0);
    closed_ = size <= 0;
    bytes.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return bytes;
  }

  // Everything up to the end of the stream; closed() says whether it came before the deadline.
  std::string receive_all(Duration patience = std::chrono::seconds(3)) {
    return receive_until("", patience);
  }

  // Receives until `mark` has come, the stream has ended, or the deadline. An empty mark never
  // comes.
  std::string receive_until(std::string_view mark, Duration patience = std::chrono::seconds(3)) {
    const Time deadline = now() + patience;
    std::string all;
    while (!closed_ && now() < deadline) {
      all += receive(deadline);
      if (!mark.empty() && all.find(mark) != std::string::npos) break;
    }
    return all;
  }

  bool closed() const { return closed_; }

  void half_close() { ::shutdown(fd_.get(), SHUT_WR); }

  void close() { fd_.reset(); }

  void close_with_reset() {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    fd_.reset();
  }

 private:
  static int remaining_ms(Time deadline) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - now()).count();
    return left > 0 ? static_cast<int>(left) : 0;
  }

  Fd fd_;
  bool closed_ = false;
};

}  // namespace asyncbench::test
