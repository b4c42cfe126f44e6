#include "core/socket_ops.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

namespace asyncbench {
namespace {

// A bound socket of 127.0.0.1, listening or not.
struct Bound {
  explicit Bound(bool is_listening) : fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const Endpoint any = Endpoint::loopback(0);
    EXPECT_EQ(bind(fd.get(), any.address(), any.size()), 0);
    if (is_listening) {
      EXPECT_EQ(listen(fd.get(), 8), 0);
    }
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size);
    endpoint = {reinterpret_cast<const sockaddr*>(&address), size};
  }
  Fd fd;
  Endpoint endpoint;
};

void await(int fd, short events) {
  pollfd polled{.fd = fd, .events = events, .revents = 0};
  EXPECT_EQ(poll(&polled, 1, 10'000), 1);
}

// A connect without blocking, to its end.
int connect_error(const Fd& fd, const Endpoint& to) {
  if (const int error = begin_connect(fd.get(), to); error != EINPROGRESS) return error;
  await(fd.get(), POLLOUT);
  return end_connect(fd.get());
}

TEST(SocketOps, ATcpSocketHasNoDelay) {
  const Fd fd = stream_socket(Endpoint::loopback(1), 0);
  int is_on = 0;
  socklen_t size = sizeof is_on;
  ASSERT_EQ(getsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &is_on, &size), 0);
  EXPECT_EQ(is_on, 1);
}

TEST(SocketOps, AUnixSocketIsMadeToo) {
  const Fd fd = stream_socket(*Endpoint::unix_socket("/tmp/nobody"), SOCK_NONBLOCK);
  ASSERT_TRUE(fd);
  EXPECT_EQ(begin_connect(fd.get(), *Endpoint::unix_socket("/nowhere/at/all")), ENOENT);
}

TEST(SocketOps, TellHowAConnectHasEnded) {
  const Bound listening(true);
  const Fd accepted_one = stream_socket(listening.endpoint, SOCK_NONBLOCK);
  EXPECT_EQ(connect_error(accepted_one, listening.endpoint), 0);
  const Bound deaf(false);
  const Fd refused_one = stream_socket(deaf.endpoint, SOCK_NONBLOCK);
  EXPECT_EQ(connect_error(refused_one, deaf.endpoint), ECONNREFUSED);
}

TEST(SocketOps, BlockingIsSwitchedWithoutTouchingOtherFlags) {
  const Fd fd = stream_socket(Endpoint::loopback(1), 0);
  fcntl(fd.get(), F_SETFL, O_APPEND);
  set_blocking(fd.get(), false);
  EXPECT_EQ(fcntl(fd.get(), F_GETFL) & (O_NONBLOCK | O_APPEND), O_NONBLOCK | O_APPEND);
  set_blocking(fd.get(), true);
  EXPECT_EQ(fcntl(fd.get(), F_GETFL) & (O_NONBLOCK | O_APPEND), O_APPEND);
}

TEST(SocketOps, AResetOnCloseReachesThePeer) {
  const Bound listening(true);
  Fd client = stream_socket(listening.endpoint, SOCK_NONBLOCK);
  ASSERT_EQ(connect_error(client, listening.endpoint), 0);
  const Fd served{accept4(listening.fd.get(), nullptr, nullptr, SOCK_CLOEXEC)};
  ASSERT_TRUE(served);
  reset_on_close(client.get());
  client.reset();
  await(served.get(), POLLIN);
  std::array<char, 8> byte{};
  EXPECT_EQ(recv(served.get(), byte.data(), byte.size(), 0), -1);
  EXPECT_EQ(errno, ECONNRESET);
}

}  // namespace
}  // namespace asyncbench
