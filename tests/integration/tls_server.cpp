#include "tls_server.hpp"

#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <array>
#include <utility>

#include "core/endpoint.hpp"

namespace asyncbench::test {
namespace {

// Until the peer has gone.
void await_end(int socket) {
  std::array<char, 4096> ignored;
  while (::recv(socket, ignored.data(), ignored.size(), 0) > 0) {
  }
}

}  // namespace

TlsServer::TlsServer(std::string reply, End end)
    : reply_(std::move(reply)),
      end_(end),
      certificate_(workloads::tls::make_certificate()),
      context_(SSL_CTX_new(TLS_server_method())),
      listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  EXPECT_EQ(SSL_CTX_use_certificate(context_.get(), certificate_.x509.get()), 1);
  EXPECT_EQ(SSL_CTX_use_PrivateKey(context_.get(), certificate_.key.get()), 1);
  const Endpoint any = Endpoint::loopback(0);
  EXPECT_EQ(::bind(listener_.get(), any.address(), any.size()), 0);
  EXPECT_EQ(::listen(listener_.get(), 16), 0);
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
  port_ = Endpoint(reinterpret_cast<const sockaddr*>(&address), size).port();
  thread_ = std::jthread([this] { serve(); });
}

TlsServer::~TlsServer() { ::shutdown(listener_.get(), SHUT_RDWR); }

void TlsServer::serve() {
  while (const Fd socket{::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)}) {
    answer(socket.get());
  }
}

void TlsServer::answer(int socket) {
  if (end_ == End::no_handshake) return await_end(socket);
  const workloads::tls::Connection connection(SSL_new(context_.get()));
  SSL_set_fd(connection.get(), socket);
  if (SSL_accept(connection.get()) != 1) return;
  std::array<char, 4096> request;
  if (SSL_read(connection.get(), request.data(), request.size()) <= 0) return;
  if (!reply_.empty()) {
    SSL_write(connection.get(), reply_.data(), static_cast<int>(reply_.size()));
  }
  if (end_ == End::close_notify) SSL_shutdown(connection.get());
  if (end_ != End::half_record) return;
  constexpr std::array<unsigned char, 8> kHalf = {23, 3, 3, 0, 64, 1, 2, 3};
  ::send(socket, kHalf.data(), kHalf.size(), MSG_NOSIGNAL);
  await_end(socket);
}

}  // namespace asyncbench::test
