// What the connections of one side have in common: OpenSSL's context, and what it is set to.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "core/endpoint.hpp"
#include "http/tls_settings.hpp"
#include "measure/window_histogram.hpp"
#include "workloads/tls/certificate.hpp"
#include "workloads/tls/handles.hpp"

namespace asyncbench::workloads::tls {

// What is spoken over the connections, agreed upon by ALPN (RFC 7301).
enum class Protocol : std::uint8_t {
  http,   // "http/1.1"; a client that offers others alone is refused
  other,  // no ALPN
};

// A server's side. Threads may share it.
class ServerContext {
 public:
  struct Options {
    http::TlsVersion version = http::TlsVersion::any;
    bool resumption = true;  // clients get session tickets
    Protocol protocol = Protocol::http;
    CertificateTerms certificate = {};
  };
  // Makes a key and a certificate. Throws std::runtime_error.
  explicit ServerContext(const Options& options);

  // The certificate in PEM, which clients are to trust.
  const std::string& certificate() const { return certificate_; }

  // The state of a connection that has just been accepted.
  Connection accept() const;

  // How many handshakes resumed a session so far.
  std::uint64_t resumed() const;

 private:
  std::string certificate_;
  Context context_;
};

// A client's side. Threads may share it.
class ClientContext {
 public:
  // The names that servers must have a certificate for, by the endpoint (by address) that a Connect
  // names. Connections to endpoints that are not among them stay plain.
  using Hosts = std::unordered_map<const Endpoint*, std::string>;

  // `window` outlives it. Throws std::runtime_error with the remedy for certificates that cannot be
  // read.
  ClientContext(const http::TlsSettings& settings, Hosts hosts, const measure::Window& window,
                Protocol protocol = Protocol::http);

  // Null: connections to this endpoint are plain.
  const std::string* host_of(const Endpoint& to) const;

  // The state of a new connection to that host. It resumes `session`, if there is one, and puts
  // sessions that the server grants there; `session` outlives the connection.
  Connection connect(const std::string& host, Session& session) const;

  // A handshake has succeeded.
  void shook_hands(Time begun, Time ended) { handshake_time_.record(begun, ended); }
  const measure::WindowHistogram& handshake_time() const { return handshake_time_; }

 private:
  Context context_;
  Hosts hosts_;
  measure::WindowHistogram handshake_time_;
};

}  // namespace asyncbench::workloads::tls
