// What a plugin says of the workloads that it brings. docs/writing-a-workload.md shows how to make
// one.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/plugin.hpp"
#include "workloads/workload.hpp"

namespace asyncbench::workloads {

// As PluginSizes, of what passes between a workload and the program.
struct PluginWorkloadSizes {
  std::uint32_t parameter_info = sizeof(ParameterInfo);
  std::uint32_t parameters = sizeof(Parameters);
  std::uint32_t workload_info = sizeof(WorkloadInfo);
  std::uint32_t work = sizeof(Work);
  std::uint32_t side_setup = sizeof(SideSetup);
  std::uint32_t side_record = sizeof(SideRecord);
  std::uint32_t window_span = sizeof(measure::WindowSpan);

  bool operator==(const PluginWorkloadSizes&) const = default;
};

struct PluginWorkloads {
  PluginWorkloadSizes sizes{};  // as the plugin's compiler sees them
  // Makes them, one at least, in the order in which people are shown them.
  std::vector<std::unique_ptr<Workload>> (*make)() = nullptr;
};

}  // namespace asyncbench::workloads
