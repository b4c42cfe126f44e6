// Where several clients of one trial load the same server: which of them one is.
#pragma once

#include <cstdint>

#include "load/arrivals.hpp"

namespace asyncbench::workloads {

// Its parameters have its part of what the clients divide (ParameterInfo::divided), but the rate of
// all of them: of the one schedule it takes its part of the arrivals.
struct ClientPart {
  load::Part part;
  std::int64_t schedule_begins_ns = 0;  // of CLOCK_MONOTONIC, the same for all of them
};

}  // namespace asyncbench::workloads
