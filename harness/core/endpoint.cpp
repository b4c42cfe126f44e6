#include "core/endpoint.hpp"

#include <arpa/inet.h>
#include <sys/un.h>

#include <array>

#include "core/fd.hpp"

namespace asyncbench {

namespace {

const sockaddr_in& as_ipv4(const Endpoint& endpoint) {
  return *reinterpret_cast<const sockaddr_in*>(endpoint.address());
}

const sockaddr_in6& as_ipv6(const Endpoint& endpoint) {
  return *reinterpret_cast<const sockaddr_in6*>(endpoint.address());
}

}  // namespace

Endpoint Endpoint::loopback(std::uint16_t port, std::uint8_t host) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl((127U << 24U) | host);
  return {reinterpret_cast<const sockaddr*>(&address), sizeof address};
}

std::optional<Endpoint> Endpoint::numeric(const std::string& host, std::uint16_t port) {
  sockaddr_in ipv4{};
  if (inet_pton(AF_INET, host.c_str(), &ipv4.sin_addr) == 1) {
    ipv4.sin_family = AF_INET;
    ipv4.sin_port = htons(port);
    return Endpoint{reinterpret_cast<const sockaddr*>(&ipv4), sizeof ipv4};
  }
  sockaddr_in6 ipv6{};
  if (inet_pton(AF_INET6, host.c_str(), &ipv6.sin6_addr) == 1) {
    ipv6.sin6_family = AF_INET6;
    ipv6.sin6_port = htons(port);
    return Endpoint{reinterpret_cast<const sockaddr*>(&ipv6), sizeof ipv6};
  }
  return std::nullopt;
}

std::optional<Endpoint> Endpoint::unix_socket(const std::string& path) {
  sockaddr_un address{};
  if (path.empty() || path.size() >= sizeof address.sun_path) return std::nullopt;
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, path.size());
  return Endpoint{reinterpret_cast<const sockaddr*>(&address), sizeof address};
}

void Endpoint::set_port(std::uint16_t port) {
  if (family() == AF_INET6) reinterpret_cast<sockaddr_in6*>(&address_)->sin6_port = htons(port);
  if (family() == AF_INET) reinterpret_cast<sockaddr_in*>(&address_)->sin_port = htons(port);
}

std::uint16_t Endpoint::port() const {
  if (is_unix()) return 0;
  return ntohs(family() == AF_INET6 ? as_ipv6(*this).sin6_port : as_ipv4(*this).sin_port);
}

bool Endpoint::is_loopback() const {
  if (is_unix()) return true;
  if (family() == AF_INET) return ntohl(as_ipv4(*this).sin_addr.s_addr) >> 24U == 127;
  return family() == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&as_ipv6(*this).sin6_addr);
}

bool Endpoint::is_of_this_machine() const {
  if (is_loopback()) return true;
  // Only an own address, or the unspecified one, can be bound. Port 0 is always free.
  Endpoint any_port = *this;
  const Fd socket(::socket(family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  any_port.set_port(0);
  return socket && ::bind(socket.get(), any_port.address(), any_port.size()) == 0;
}

std::string Endpoint::to_string() const {
  if (is_unix()) {
    return std::string("unix:") + reinterpret_cast<const sockaddr_un*>(address())->sun_path;
  }
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (family() == AF_INET6) {
    inet_ntop(AF_INET6, &as_ipv6(*this).sin6_addr, text.data(), text.size());
    return "[" + std::string(text.data()) + "]:" + std::to_string(port());
  }
  inet_ntop(AF_INET, &as_ipv4(*this).sin_addr, text.data(), text.size());
  return std::string(text.data()) + ":" + std::to_string(port());
}

}  // namespace asyncbench
