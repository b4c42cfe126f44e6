#include "workloads/listener.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "core/endpoint.hpp"
#include "core/temporary_folder.hpp"

namespace asyncbench::workloads {

namespace {

// The kernel cuts the backlog to net.core.somaxconn.
constexpr int kBacklog = 65535;

[[noreturn]] void refused(const std::string& operation) {
  throw std::system_error(errno, std::system_category(), operation);
}

void set_option(int fd, int level, int name, int value, const char* what) {
  if (setsockopt(fd, level, name, &value, sizeof value) != 0) {
    refused(std::string("setsockopt ") + what);
  }
}

// On a socket that is bound to the loopback interface, the wildcard address means all of
// 127.0.0.0/8 and nothing else. Where that is not permitted, it listens on 127.0.0.1 only.
Fd listen_on_loopback(std::uint16_t port, bool reuse_port) {
  Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) refused("socket");
  set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR");
  if (reuse_port) set_option(fd.get(), SOL_SOCKET, SO_REUSEPORT, 1, "SO_REUSEPORT");
  set_option(fd.get(), IPPROTO_TCP, TCP_NODELAY, 1, "TCP_NODELAY");
  sockaddr_in address{.sin_family = AF_INET, .sin_port = htons(port)};
  const bool on_interface = setsockopt(fd.get(), SOL_SOCKET, SO_BINDTODEVICE, "lo", 2) == 0;
  address.sin_addr.s_addr = htonl(on_interface ? INADDR_ANY : INADDR_LOOPBACK);
  if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    refused("cannot bind port " + std::to_string(port));
  }
  if (listen(fd.get(), kBacklog) != 0) refused("listen");
  return fd;
}

std::uint16_t port_of(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  return Endpoint(reinterpret_cast<const sockaddr*>(&address), size).port();
}

}  // namespace

Listener Listener::on_loopback(std::uint16_t port, unsigned lanes) {
  Listener listener;
  listener.port_ = port;
  for (unsigned lane = 0; lane < lanes; ++lane) {
    listener.sockets_.push_back(listen_on_loopback(listener.port_, lanes > 1));
    listener.port_ = port_of(listener.sockets_.front().get());
  }
  return listener;
}

Listener Listener::on_unix_socket() {
  Listener listener;
  listener.folder_ = std::make_unique<PrivateFolder>(temporary_folder());
  listener.path_ = listener.folder_->path() + "/socket";
  const auto address = Endpoint::unix_socket(listener.path_);
  if (!address) {
    throw std::invalid_argument("the path " + listener.path_ +
                                " is too long for a Unix socket; set TMPDIR to a shorter one");
  }
  Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) refused("socket");
  if (bind(fd.get(), address->address(), address->size()) != 0) refused("bind " + listener.path_);
  if (listen(fd.get(), kBacklog) != 0) refused("listen");
  listener.sockets_.push_back(std::move(fd));
  return listener;
}

}  // namespace asyncbench::workloads
