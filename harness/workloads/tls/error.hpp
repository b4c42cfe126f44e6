// What goes wrong in TLS, as the error of an operation.
#pragma once

#include <optional>
#include <system_error>

#include "core/outcome.hpp"

namespace asyncbench::workloads::tls {

// Of a Connect: tls_handshake, tls_expired, tls_untrusted or tls_wrong_host. Of a Receive or Send:
// tls_truncated or protocol.
std::error_code make_error(Outcome outcome);

// The outcome of such an error; nullopt for one of another kind.
std::optional<Outcome> outcome_of(std::error_code error);

}  // namespace asyncbench::workloads::tls
