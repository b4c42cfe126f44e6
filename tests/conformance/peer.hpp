// The other end of a strategy's connections: plain blocking sockets that the test drives itself.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/endpoint.hpp"
#include "core/fd.hpp"

namespace asyncbench::conformance {

// A connected socket. Calls that wait longer than 10 s fail the test and give what there is.
class Peer {
 public:
  explicit Peer(Fd fd);

  // Exactly `size` bytes, fewer at the end of the stream or on an error.
  std::string receive(std::size_t size);
  // Everything until the end of the stream.
  std::string receive_all();
  // The errno of the next receive: 0 for bytes or the end of the stream.
  int receive_error();
  void send(std::string_view bytes);
  void shut_down_sending();
  void reset();  // closes with RST
  void close() { fd_.reset(); }

 private:
  Fd fd_;
};

// A listening socket.
class Listener {
 public:
  // On 127.0.0.1. `receive_buffer_bytes` (0: the kernel's choice) is inherited by what it accepts.
  explicit Listener(int backlog = 512, int receive_buffer_bytes = 0);
  // On a Unix socket that it makes at `path`.
  explicit Listener(const std::string& path);

  const Endpoint& endpoint() const { return endpoint_; }
  int fd() const { return fd_.get(); }
  Peer accept() const;

 private:
  void listen_on(const Endpoint& endpoint, int backlog);

  Fd fd_;
  Endpoint endpoint_;
};

// A listener whose backlog is full: the kernel drops each further SYN, so connects hang.
class FullListener {
 public:
  FullListener();
  const Endpoint& endpoint() const { return listener_.endpoint(); }

 private:
  Listener listener_;
  std::vector<Fd> waiting_;
};

Peer connect_to(const Endpoint& to);

// A port of 127.0.0.1 on which nobody listens.
Endpoint closed_port();

// `size` bytes that differ from place to place.
std::string pattern(std::size_t size);

}  // namespace asyncbench::conformance
