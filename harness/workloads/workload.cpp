#include "workloads/workload.hpp"

#include <array>

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

}  // namespace asyncbench::workloads
