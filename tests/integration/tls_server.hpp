// A server that speaks TLS by OpenSSL alone, and ends its connections in ways that a server of this
// project does not.
#pragma once

#include <cstdint>
#include <string>
#include <thread>

#include "core/fd.hpp"
#include "workloads/tls/certificate.hpp"

namespace asyncbench::test {

// Answers the first request of each connection, one connection after the other, on 127.0.0.1.
class TlsServer {
 public:
  enum class End : std::uint8_t {
    close_notify,    // as it should be
    without_notice,  // FIN alone
    half_record,     // a part of a record, then silence
    no_handshake,    // silence from the beginning
  };
  TlsServer(std::string reply, End end);
  ~TlsServer();

  std::uint16_t port() const { return port_; }
  const std::string& certificate() const { return certificate_.pem; }

 private:
  void serve();
  void answer(int socket);

  std::string reply_;
  End end_;
  workloads::tls::Certificate certificate_;
  workloads::tls::Context context_;
  Fd listener_;
  std::uint16_t port_ = 0;
  std::jthread thread_;
};

}  // namespace asyncbench::test
