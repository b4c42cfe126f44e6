// How an error of a stream ends a request.
#pragma once

#include <system_error>

#include "core/outcome.hpp"

namespace asyncbench::workloads {

// Of a Connect that failed.
Outcome outcome_of_connect(std::error_code error);

// Of a Send or Receive that failed; `head_complete`: of the reply, as far as it has been received.
Outcome outcome_of_stream(std::error_code error, bool head_complete);

}  // namespace asyncbench::workloads
