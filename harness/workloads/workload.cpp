#include "workloads/workload.hpp"

#include <algorithm>
#include <array>

#include "workloads/all_workloads.hpp"

namespace asyncbench::workloads {

std::string_view name_of(Role role) {
  static constexpr std::array<std::string_view, kRoles> kNames = {"upstream", "server", "client"};
  return kNames[static_cast<std::size_t>(role)];
}

std::string folder_of(const Work& work) { return work.folder.empty() ? "." : work.folder; }

// What every record holds, under the names of the result.
std::map<std::string, double> Workload::figures(const Work& /*work*/,
                                                const std::map<Role, SideRecord>& records) const {
  std::map<std::string, double> all;
  for (const auto& [role, record] : records) {
    all.insert(record.figures.begin(), record.figures.end());
  }
  return all;
}

std::span<const Workload* const> all_workloads() {
  static const std::array kAll = {
      &fetch_workload(),      &serve_workload(),  &echo_workload(),
      &gather_workload(),     &scrape_workload(), &file_read_workload(),
      &file_write_workload(), &timers_workload(), &interference_workload(),
  };
  return kAll;
}

const Workload* find_workload(std::string_view name) {
  const auto all = all_workloads();
  const auto found = std::ranges::find_if(
      all, [&](const Workload* workload) { return workload->info().name == name; });
  return found == all.end() ? nullptr : *found;
}

}  // namespace asyncbench::workloads
