// A server's certificate, made for one run: who is to trust it gets it with the server's address.
#pragma once

#include <string>

#include "core/time.hpp"
#include "workloads/tls/handles.hpp"

namespace asyncbench::workloads::tls {

struct CertificateTerms {
  // localhost and the addresses at which an origin listens; in OpenSSL's form, see
  // x509v3_config(5).
  std::string names = loopback_names();
  // Relative to now; tests make some that are not valid.
  std::chrono::seconds valid_from = -std::chrono::hours(1);
  std::chrono::seconds valid_until = std::chrono::hours(365 * 24);

  static std::string loopback_names();
};

struct Certificate {
  Key key;  // stays in this process
  X509Certificate x509;
  std::string pem;  // without the key
};

// An ECDSA P-256 key with a self-signed certificate. Throws std::runtime_error.
Certificate make_certificate(const CertificateTerms& terms = {});

}  // namespace asyncbench::workloads::tls
