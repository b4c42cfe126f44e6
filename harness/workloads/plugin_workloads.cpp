#include "workloads/plugin_workloads.hpp"

#include <exception>
#include <iterator>

#include "core/plugin_file.hpp"
#include "workloads/plugin.hpp"

namespace asyncbench::workloads {

namespace {

std::vector<std::unique_ptr<Workload>> made_by(const PluginWorkloads& plugin,
                                               const std::string& path) {
  try {
    return plugin.make();
  } catch (const std::exception& error) {
    refuse_plugin(path, std::string("failed to make its workloads: ") + error.what());
  }
}

}  // namespace

std::vector<std::unique_ptr<const Workload>> workloads_of(const Plugin& plugin,
                                                          const std::string& path) {
  if (plugin.workloads == nullptr) return {};
  if (plugin.workloads->sizes != PluginWorkloadSizes{}) refuse_other_headers(path);
  std::vector<std::unique_ptr<Workload>> made = made_by(*plugin.workloads, path);
  if (made.empty()) refuse_plugin(path, "has no workload in it, and says that it brings some");
  return {std::make_move_iterator(made.begin()), std::make_move_iterator(made.end())};
}

}  // namespace asyncbench::workloads
