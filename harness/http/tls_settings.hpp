// How a client speaks TLS, alike for tasks and for strategies that bring their own HTTP.
#pragma once

#include <cstdint>
#include <string>

namespace asyncbench::http {

enum class TlsVersion : std::uint8_t {
  any,  // the higher of the two that both ends speak
  v1_2,
  v1_3,
};

// Whom to trust: the one certificate, if there is one; otherwise those that `ca_file` or the system
// trust to sign others. The server's host name is checked as well.
struct TlsSettings {
  TlsVersion version = TlsVersion::any;
  bool resumption = true;        // a new connection resumes the session of the one before it
  bool verifies = true;          // false: any certificate of any host will do
  std::string certificate = {};  // PEM; the only one that is trusted
  std::string ca_file = {};      // path of certificates in PEM; empty: the system's
};

}  // namespace asyncbench::http
