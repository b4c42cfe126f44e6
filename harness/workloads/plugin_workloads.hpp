// The workloads of a plugin that has been loaded (core/plugin_file.hpp).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/plugin.hpp"
#include "workloads/workload.hpp"

namespace asyncbench::workloads {

// Made by the plugin in the file `path`, for add_workloads(), or to be looked at alone; none where
// it brings strategies alone. Throws PluginError.
std::vector<std::unique_ptr<const Workload>> workloads_of(const Plugin& plugin,
                                                          const std::string& path);

}  // namespace asyncbench::workloads
