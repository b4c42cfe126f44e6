// How an error of a stream ends a request.
#pragma once

#include <system_error>

#include "core/outcome.hpp"

namespace asyncbench::workloads {

// Of a Connect that failed.
Outcome outcome_of_connect(std::error_code error);

}  // namespace asyncbench::workloads
