// Between a client side and its LoadRun: what every workload does alike.
#pragma once

#include <cstdint>
#include <optional>

#include "workloads/load_run.hpp"
#include "workloads/workload.hpp"

namespace asyncbench::workloads {

// Lanes, window, budget, seed and events; tasks, pace and stagger are the workload's.
LoadOptions load_options(const SideSetup& setup);

void set_load_window(LoadRun& run, std::int64_t start_ns, std::optional<std::int64_t> end_ns);

// Recording and arrivals.
void fill_from(LoadRun& run, SideRecord& record);

}  // namespace asyncbench::workloads
