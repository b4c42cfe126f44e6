// How an operation that failed ends its request.
#pragma once

#include <system_error>

#include "core/outcome.hpp"

namespace asyncbench::workloads {

// After a Connect that failed.
Outcome outcome_of_connect(std::error_code error);

// After a Send or Receive that failed. `head_complete`: the head of the reply had been received.
Outcome outcome_of_stream(std::error_code error, bool head_complete);

// After an operation on a file that failed. A lack of space, descriptors or memory and a device
// that fails all belong to this side: local_resource.
Outcome outcome_of_file(std::error_code error);

}  // namespace asyncbench::workloads
