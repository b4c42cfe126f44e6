#include "peer.hpp"

#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace asyncbench::conformance {

namespace {

constexpr int kPatienceMs = 10'000;

Fd stream_socket(int family, int flags = 0) {
  return Fd{::socket(family, SOCK_STREAM | SOCK_CLOEXEC | flags, 0)};
}

Endpoint local_endpoint(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  return {reinterpret_cast<const sockaddr*>(&address), size};
}

// A thread that has used an io_uring is interrupted once more when the kernel takes that ring
// apart, some time after its close (io_ring_exit_work() in io_uring/io_uring.c), and a socket with
// a time limit then answers EINTR.
template <class Call>
auto uninterrupted(Call call) {
  for (;;) {
    const auto result = call();
    if (result >= 0 || errno != EINTR) return result;
  }
}

bool becomes_ready(int fd, short events, int patience_ms) {
  pollfd polled{.fd = fd, .events = events, .revents = 0};
  return uninterrupted([&] { return poll(&polled, 1, patience_ms); }) == 1;
}

}  // namespace

Peer::Peer(Fd fd) : fd_(std::move(fd)) {
  const timeval patience{.tv_sec = kPatienceMs / 1000, .tv_usec = 0};
  const int on = 1;
  setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(fd_.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

std::string Peer::receive(std::size_t size) {
  std::string bytes(size, '\0');
  std::size_t filled = 0;
  while (filled < size) {
    const ssize_t received =
        uninterrupted([&] { return ::recv(fd_.get(), bytes.data() + filled, size - filled, 0); });
    EXPECT_FALSE(received < 0 && errno == EAGAIN) << "the peer waited in vain";
    if (received <= 0) break;
    filled += static_cast<std::size_t>(received);
  }
  bytes.resize(filled);
  return bytes;
}

std::string Peer::receive_all() {
  std::string bytes;
  for (;;) {
    const std::string more = receive(64 * 1024);
    bytes += more;
    if (more.size() < 64 * 1024) return bytes;
  }
}

int Peer::receive_error() {
  std::array<char, 1> byte;
  const ssize_t received =
      uninterrupted([&] { return ::recv(fd_.get(), byte.data(), byte.size(), 0); });
  return received < 0 ? errno : 0;
}

void Peer::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent =
        uninterrupted([&] { return ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL); });
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

void Peer::shut_down_sending() { ::shutdown(fd_.get(), SHUT_WR); }

void Peer::reset() {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  fd_.reset();
}

Listener::Listener(int backlog, int receive_buffer_bytes) : fd_(stream_socket(AF_INET)) {
  const int on = 1;
  setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (receive_buffer_bytes > 0) {
    setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes,
               sizeof receive_buffer_bytes);
  }
  listen_on(Endpoint::loopback(0), backlog);
}

Listener::Listener(const std::string& path) : fd_(stream_socket(AF_UNIX)) {
  constexpr int kBacklog = 512;
  listen_on(Endpoint::unix_socket(path).value(), kBacklog);
}

void Listener::listen_on(const Endpoint& endpoint, int backlog) {
  EXPECT_EQ(::bind(fd_.get(), endpoint.address(), endpoint.size()), 0) << std::strerror(errno);
  EXPECT_EQ(::listen(fd_.get(), backlog), 0) << std::strerror(errno);
  endpoint_ = local_endpoint(fd_.get());
}

Peer Listener::accept() const {
  const bool is_ready = becomes_ready(fd_.get(), POLLIN, kPatienceMs);
  EXPECT_TRUE(is_ready) << "nobody connected";
  if (!is_ready) return Peer{Fd{}};
  return Peer{Fd{::accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC)}};
}

FullListener::FullListener() : listener_(0) {
  for (int i = 0; i < 8; ++i) {
    Fd& fd = waiting_.emplace_back(stream_socket(AF_INET, SOCK_NONBLOCK));
    ::connect(fd.get(), endpoint().address(), endpoint().size());
    // Handshakes on loopback end within microseconds; one that does not was dropped.
    if (!becomes_ready(fd.get(), POLLOUT, 50)) return;
  }
  ADD_FAILURE() << "the backlog does not fill up";
}

Peer connect_to(const Endpoint& to) {
  Fd fd = stream_socket(to.family());
  EXPECT_EQ(::connect(fd.get(), to.address(), to.size()), 0) << std::strerror(errno);
  return Peer{std::move(fd)};
}

Endpoint closed_port() {
  const Fd fd = stream_socket(AF_INET);
  const Endpoint any = Endpoint::loopback(0);
  EXPECT_EQ(::bind(fd.get(), any.address(), any.size()), 0);
  return local_endpoint(fd.get());
}

std::string pattern(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) {
    bytes[i] = static_cast<char>((i * 2654435761U) >> 13U);
  }
  return bytes;
}

}  // namespace asyncbench::conformance
