#include "curl_outcome.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>

namespace asyncbench::curl {

namespace {

struct ErrnoOutcome {
  int error;
  Outcome outcome;
};

constexpr auto kConnectErrors = std::to_array<ErrnoOutcome>({
    {ECONNREFUSED, Outcome::connect_refused},
    {ECONNRESET, Outcome::reset},
    {ECONNABORTED, Outcome::reset},
    {EPIPE, Outcome::reset},
    {ETIMEDOUT, Outcome::connect_timeout},
    {EHOSTUNREACH, Outcome::connect_unreachable},
    {ENETUNREACH, Outcome::connect_unreachable},
    {EINVAL, Outcome::connect_unreachable},
    {EACCES, Outcome::connect_unreachable},
    {EPERM, Outcome::connect_unreachable},
    {EADDRNOTAVAIL, Outcome::local_resource},
    {EAGAIN, Outcome::local_resource},
    {EMFILE, Outcome::local_resource},
    {ENFILE, Outcome::local_resource},
    {ENOBUFS, Outcome::local_resource},
    {ENOMEM, Outcome::local_resource},
});

// libcurl reports a broken body with the code of a failed receive; only the errno tells them apart.
constexpr auto kStreamErrors = std::to_array<ErrnoOutcome>({
    {0, Outcome::protocol},
    {ECONNRESET, Outcome::reset},
    {ECONNABORTED, Outcome::reset},
    {EPIPE, Outcome::reset},
    {ETIMEDOUT, Outcome::reset},
    {ENOBUFS, Outcome::local_resource},
    {ENOMEM, Outcome::local_resource},
});

// The numbers are those of openssl/x509_vfy.h. libcurl itself looks for the host's name, before it
// asks what OpenSSL found, and leaves the result as it was until then.
Outcome by_certificate(long verify_result) {
  constexpr long kGood = 0;
  constexpr long kUnspecified = 1;
  constexpr long kNotYetValid = 9;
  constexpr long kHasExpired = 10;
  switch (verify_result) {
    case kGood:
    case kUnspecified:
      return Outcome::tls_wrong_host;
    case kNotYetValid:
    case kHasExpired:
      return Outcome::tls_expired;
    default:
      return Outcome::tls_untrusted;
  }
}

struct CodeOutcome {
  CURLcode code;
  Outcome outcome;
};

constexpr auto kCodes = std::to_array<CodeOutcome>({
    {CURLE_OK, Outcome::ok},
    {CURLE_UNSUPPORTED_PROTOCOL, Outcome::protocol},  // a status line that is none
    {CURLE_COULDNT_RESOLVE_HOST, Outcome::dns},
    {CURLE_WEIRD_SERVER_REPLY, Outcome::protocol},  // a malformed field
    {CURLE_PARTIAL_FILE, Outcome::truncated},
    {CURLE_WRITE_ERROR, Outcome::protocol},            // the sink refused; it knows better why
    {CURLE_OUT_OF_MEMORY, Outcome::limit},             // a line beyond libcurl's own limit
    {CURLE_BAD_FUNCTION_ARGUMENT, Outcome::protocol},  // a NUL in a trailer
    {CURLE_BAD_CONTENT_ENCODING, Outcome::protocol},   // an unknown transfer coding
    {CURLE_FILESIZE_EXCEEDED, Outcome::limit},
});

Outcome by_errno(std::span<const ErrnoOutcome> table, int error) {
  const auto found = std::ranges::find(table, error, &ErrnoOutcome::error);
  return found != table.end() ? found->outcome : Outcome::internal;
}

}  // namespace

Outcome timeout_outcome(const Progress& progress) {
  if (!progress.request_sent) return Outcome::connect_timeout;
  return progress.head_complete ? Outcome::timeout_body : Outcome::timeout_headers;
}

Outcome outcome_of(CURLcode code, int os_error, const Progress& progress) {
  switch (code) {
    case CURLE_COULDNT_CONNECT:
      return by_errno(kConnectErrors, os_error);
    case CURLE_PEER_FAILED_VERIFICATION:
      return by_certificate(progress.verify_result);
    case CURLE_SSL_CONNECT_ERROR:
      return os_error == 0 ? Outcome::tls_handshake : by_errno(kStreamErrors, os_error);
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
      return by_errno(kStreamErrors, os_error);
    case CURLE_OPERATION_TIMEDOUT:
      return timeout_outcome(progress);
    case CURLE_GOT_NOTHING:
      // libcurl does not count interim responses.
      return progress.response_begun ? Outcome::truncated : Outcome::eof_before_response;
    default:
      break;
  }
  const auto found = std::ranges::find(kCodes, code, &CodeOutcome::code);
  return found != kCodes.end() ? found->outcome : Outcome::internal;
}

}  // namespace asyncbench::curl
