#include "workloads/all_workloads.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "workloads/definition.hpp"

namespace asyncbench::workloads {

namespace {

std::vector<const Workload*>& catalogue() {
  static std::vector<const Workload*> all = {
      &fetch_workload(),      &serve_workload(),  &echo_workload(),
      &gather_workload(),     &scrape_workload(), &file_read_workload(),
      &file_write_workload(), &timers_workload(), &interference_workload(),
  };
  return all;
}

const Workload* find(const std::vector<const Workload*>& all, std::string_view name) {
  const auto found = std::ranges::find_if(
      all, [&](const Workload* workload) { return workload->info().name == name; });
  return found == all.end() ? nullptr : *found;
}

// Options and suites have one parameter of each name, whatever the workload.
std::string conflict_of(const ParameterInfo& info, const std::vector<const Workload*>& all) {
  for (const Workload* const workload : all) {
    const ParameterInfo* const other = find_parameter(workload->info().parameters, info.name);
    if (other == nullptr || (other->kind == info.kind && other->choices == info.choices)) continue;
    return fmt::format(
        "parameter {}: it takes other values than that of {}; give it the same kind and choices, "
        "or another name",
        info.name, workload->info().name);
  }
  return "";
}

std::string fault_of(const Workload& added, const std::vector<const Workload*>& all) {
  if (std::string fault = definition_fault(added); !fault.empty()) return fault;
  if (find(all, added.info().name) != nullptr) {
    return "there is a workload of that name already; give it another one";
  }
  for (const ParameterInfo& info : added.info().parameters) {
    if (std::string conflict = conflict_of(info, all); !conflict.empty()) return conflict;
  }
  return "";
}

}  // namespace

std::span<const Workload* const> all_workloads() { return catalogue(); }

const Workload* find_workload(std::string_view name) { return find(catalogue(), name); }

void add_workloads(std::vector<std::unique_ptr<const Workload>> added) {
  static std::vector<std::unique_ptr<const Workload>> kept;
  std::vector<const Workload*> all = catalogue();
  for (const auto& workload : added) {
    if (const std::string fault = fault_of(*workload, all); !fault.empty()) {
      throw UsageError(fmt::format("workload {}: {}", workload->info().name, fault));
    }
    all.push_back(workload.get());
  }
  std::ranges::move(added, std::back_inserter(kept));
  catalogue() = std::move(all);
}

}  // namespace asyncbench::workloads
