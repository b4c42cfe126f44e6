// The address of one end of a connection.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace asyncbench {

// An IPv4, IPv6 or Unix socket address, in the form that connect(2) takes.
class Endpoint {
 public:
  Endpoint() = default;
  Endpoint(const sockaddr* address, socklen_t size) : size_(size) {
    std::memcpy(&address_, address, size);
  }

  // 127.0.0.`host`:`port`. The whole of 127.0.0.0/8 is this machine, so rotating `host` over
  // several values multiplies the ephemeral ports that a client can use.
  static Endpoint loopback(std::uint16_t port, std::uint8_t host = 1);

  // A numeric address ("127.0.0.1", "::1"); nullopt when `host` is a name or malformed.
  static std::optional<Endpoint> numeric(const std::string& host, std::uint16_t port);

  // A Unix socket in the file system; nullopt when the path does not fit into an address (107
  // characters, unix(7)).
  static std::optional<Endpoint> unix_socket(const std::string& path);

  const sockaddr* address() const { return reinterpret_cast<const sockaddr*>(&address_); }
  socklen_t size() const { return size_; }
  int family() const { return address_.ss_family; }
  bool is_unix() const { return family() == AF_UNIX; }
  void set_port(std::uint16_t port);  // none but of IPv4 and IPv6
  std::uint16_t port() const;         // 0 of a Unix socket
  bool is_loopback() const;           // a Unix socket is
  // A loopback address, the unspecified one (which connects to this machine), or one of this
  // machine's own.
  bool is_of_this_machine() const;

  // "127.0.0.1:8080", "[::1]:8080", "unix:/run/a.sock".
  std::string to_string() const;

 private:
  sockaddr_storage address_{};
  socklen_t size_ = 0;
};

}  // namespace asyncbench
