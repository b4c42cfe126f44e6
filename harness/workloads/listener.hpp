// Listening sockets of a server under measurement, which only this machine can reach.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/fd.hpp"
#include "core/private_folder.hpp"

namespace asyncbench::workloads {

// Clients connect to 127.0.0.1 to 127.0.0.16 in turn. Each address has its own ephemeral ports, so
// the default range of ports is enough for about 450,000 connections.
inline constexpr std::uint8_t kLoopbackHosts = 16;

class Listener {
 public:
  // Listens on all of 127.0.0.0/8 (bound to the loopback interface, never to another). It has one
  // socket for each lane; several use SO_REUSEPORT, so that the kernel spreads connections over the
  // lanes. `port` 0 takes a free one. Throws std::system_error naming the operation and the port.
  static Listener on_loopback(std::uint16_t port, unsigned lanes);

  // Listens on a Unix socket in a private folder that is removed with the listener. All lanes share
  // one socket, because Unix sockets have no SO_REUSEPORT. Throws std::system_error or, for a path
  // that is too long for an address, std::invalid_argument.
  static Listener on_unix_socket();

  // The socket to accept from; the listener owns it.
  int socket(unsigned lane) const { return sockets_[lane % sockets_.size()].get(); }

  std::uint16_t port() const { return port_; }       // 0 for a Unix socket
  const std::string& path() const { return path_; }  // empty on TCP

 private:
  Listener() = default;

  std::vector<Fd> sockets_;
  std::uint16_t port_ = 0;
  std::string path_;
  std::unique_ptr<PrivateFolder> folder_;
};

}  // namespace asyncbench::workloads
