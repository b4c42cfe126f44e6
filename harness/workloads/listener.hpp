// Listening sockets of a server under measurement, reachable from this machine alone.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/fd.hpp"
#include "workloads/private_folder.hpp"

namespace asyncbench::workloads {

// Clients spread over 127.0.0.1 to 127.0.0.16, each with its own ephemeral ports: enough for about
// 450,000 connections in the default range of ports.
inline constexpr std::uint8_t kLoopbackHosts = 16;

class Listener {
 public:
  // On all of 127.0.0.0/8 (bound to the loopback interface, never to another): one socket a lane,
  // with SO_REUSEPORT where there are several, so that the kernel spreads connections over the
  // lanes. `port` 0 takes a free one. Throws std::system_error naming the operation and the port.
  static Listener on_loopback(std::uint16_t port, unsigned lanes);

  // A Unix socket in a private folder that goes with the listener. One socket for all lanes: Unix
  // sockets know no SO_REUSEPORT. Throws std::system_error or, for a path that fits into no
  // address, std::invalid_argument.
  static Listener on_unix_socket();

  // To be accepted from; stays the listener's.
  int socket(unsigned lane) const { return sockets_[lane % sockets_.size()].get(); }

  std::uint16_t port() const { return port_; }       // 0 of a Unix socket
  const std::string& path() const { return path_; }  // empty on TCP

 private:
  Listener() = default;

  std::vector<Fd> sockets_;
  std::uint16_t port_ = 0;
  std::string path_;
  std::unique_ptr<PrivateFolder> folder_;
};

}  // namespace asyncbench::workloads
