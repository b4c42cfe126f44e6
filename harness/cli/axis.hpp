// What a search varies: one parameter of a workload over a range.
#pragma once

#include <cstdint>
#include <string>

#include "workloads/workload.hpp"

namespace asyncbench::cli {

// A range of one parameter's values.
struct Axis {
  std::string parameter;  // "server_delay"
  workloads::ValueKind kind = workloads::ValueKind::count;
  bool exponential = false;  // of a delay: "exp:" stands before each value
  std::int64_t low = 0;      // count, bytes or nanoseconds
  std::int64_t high = 0;

  // The value of the parameter there.
  workloads::ParameterValue at(std::int64_t value) const;
};

// "connections=1..1024", "body-bytes=1..1m", "server-delay=exp:1ms..20ms". Throws
// workloads::UsageError: no such form, no such parameter with a range, or values that it cannot
// take.
Axis parse_axis(const std::string& text, const workloads::Workload& workload);

}  // namespace asyncbench::cli
