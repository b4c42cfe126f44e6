// What one of many alike things costs in memory, as a figure of the trial.
#pragma once

#include <string_view>

#include "measure/memory.hpp"
#include "workloads/workload.hpp"

namespace asyncbench::workloads {

// Fewer than this are lost in what else moves a process's memory.
inline constexpr std::uint64_t kFewestForMemory = 500;
inline constexpr unsigned kMemorySteps = 9;

// Of a ramp over "connection"s: memory_per_connection_bytes, memory_fit, and the curve
// private_bytes_by_connections. Without a line, why there is none.
void put_memory(const measure::MemoryRamp& ramp, std::string_view thing, SideRecord& record);

}  // namespace asyncbench::workloads
