// A timeline for Perfetto (https://ui.perfetto.dev): a track for each thread and each connection.
#pragma once

#include <span>
#include <string>

#include "measure/tail.hpp"
#include "result/result.hpp"

namespace asyncbench::report {

// What is shown as one process.
struct TracedProcess {
  std::string name;  // "fetch/strategy:uring/connections:64"
  const measure::Tail* tail;
};

// The bytes of a perfetto.protos.Trace. Threads show whose code they ran and what they waited for;
// connections show what they waited for, and the phases of those requests that are known one by
// one. The times of each process begin with 0, so that they lie side by side.
std::string perfetto(std::span<const TracedProcess> processes);

// The latest valid trace trial of each cell; empty when there are none.
std::string perfetto(const result::Result& result);

}  // namespace asyncbench::report
