// What makes a plugin of it: the one function that the program looks for.
#include "workloads/plugin.hpp"

#include "ping_workload.hpp"

namespace {

using asyncbench::workloads::Workload;

std::vector<std::unique_ptr<Workload>> make_workloads() {
  std::vector<std::unique_ptr<Workload>> workloads;
  workloads.push_back(asyncbench::workloads::resp_ping::make_ping_workload());
  return workloads;
}

}  // namespace

const asyncbench::Plugin* asyncbench_plugin() {
  static const asyncbench::workloads::PluginWorkloads workloads{.make = make_workloads};
  static const asyncbench::Plugin plugin{.workloads = &workloads};
  return &plugin;
}
