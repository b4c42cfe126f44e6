// How one request ended: exactly one of a closed set.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace asyncbench {

// The numeric ids are part of the result format: add at the end, never renumber.
enum class Outcome : std::uint8_t {
  ok = 0,
  http_status = 1,       // a whole response with a status other than 2xx or 304
  content_mismatch = 2,  // a whole response whose length or content is not what the URL says
  dns = 3,
  connect_refused = 4,
  connect_timeout = 5,
  connect_unreachable = 6,
  reset = 7,
  eof_before_response = 8,
  truncated = 9,
  timeout_headers = 10,  // the deadline passed before the head was complete
  timeout_body = 11,
  protocol = 12,        // the peer broke HTTP, or TLS once it was set up
  limit = 13,           // the response exceeds what a client should accept
  local_resource = 14,  // out of descriptors, ports, memory or space here, or a disk that fails
  cancelled = 15,       // by a stop
  internal = 16,        // a bug of ours; one of them makes the trial invalid
  tls_handshake = 17,   // no TLS came about: not spoken there, no common version, an alert
  tls_expired = 18,     // the server's certificate is not valid at this time
  tls_untrusted = 19,   // nobody who is trusted has signed it
  tls_wrong_host = 20,  // it is for other names
  tls_truncated = 21,   // an end without close_notify: there may have been more to come
};
inline constexpr std::size_t kOutcomes = 22;

inline constexpr std::array<std::string_view, kOutcomes> kOutcomeNames = {"ok",
                                                                          "http_status",
                                                                          "content_mismatch",
                                                                          "dns",
                                                                          "connect_refused",
                                                                          "connect_timeout",
                                                                          "connect_unreachable",
                                                                          "reset",
                                                                          "eof_before_response",
                                                                          "truncated",
                                                                          "timeout_headers",
                                                                          "timeout_body",
                                                                          "protocol",
                                                                          "limit",
                                                                          "local_resource",
                                                                          "cancelled",
                                                                          "internal",
                                                                          "tls_handshake",
                                                                          "tls_expired",
                                                                          "tls_untrusted",
                                                                          "tls_wrong_host",
                                                                          "tls_truncated"};

inline constexpr std::string_view name_of(Outcome outcome) {
  return kOutcomeNames[static_cast<std::size_t>(outcome)];
}

inline constexpr std::optional<Outcome> outcome_named(std::string_view name) {
  for (std::size_t i = 0; i < kOutcomes; ++i) {
    if (kOutcomeNames[i] == name) return static_cast<Outcome>(i);
  }
  return std::nullopt;
}

}  // namespace asyncbench
