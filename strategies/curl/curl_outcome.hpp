// What libcurl's result codes mean in the closed set of outcomes.
#pragma once

#include <curl/curl.h>

#include "core/outcome.hpp"

namespace asyncbench::curl {

// How far a transfer had come; a code alone does not tell a dead connection from a bad response.
struct Progress {
  bool request_sent = false;    // a connection stood, and the request went out on it
  bool response_begun = false;  // at least one whole line of a head came
  bool head_complete = false;   // the final head (not a 1xx) has ended
  // CURLINFO_SSL_VERIFYRESULT, of a transfer that failed by the server's certificate.
  long verify_result = 0;
};

// The outcome of a transfer past its deadline.
Outcome timeout_outcome(const Progress& progress);

// The outcome of a finished transfer. `os_error` is the errno of its last failed system call
// (CURLINFO_OS_ERRNO) or 0. Two faults come out differently from other strategies, because libcurl
// does not tell them apart: docs/faults.md lists them.
Outcome outcome_of(CURLcode code, int os_error, const Progress& progress);

}  // namespace asyncbench::curl
