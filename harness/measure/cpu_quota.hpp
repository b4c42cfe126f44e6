// A limit of CPU time that holds this process, as containers and services have it: the bandwidth
// control of its control group, or of one above (cgroups(7), "CPU bandwidth control").
#pragma once

#include <filesystem>
#include <optional>

#include "measure/readings.hpp"

namespace asyncbench::measure {

struct CpuQuota {
  double cpus = 0;              // CPU time a time, for instance 0.5
  std::filesystem::path group;  // the folder of the group that has the limit
};

// The tightest one: `cpu.max` of version 2, `cpu.cfs_quota_us` of version 1. nullopt where there is
// none that can be seen. `root` as in own_control_group().
std::optional<CpuQuota> cpu_quota(const std::filesystem::path& root = "/");

// How long the quota has held its group back so far, in ns: `cpu.stat`. The sum over its CPUs, each
// with a throttled task.
Reading throttled_ns(const CpuQuota& quota);

}  // namespace asyncbench::measure
