#include "run/left_behind.hpp"

#include <set>

#include "core/private_folder.hpp"
#include "core/temporary_folder.hpp"
#include "measure/cpu_group.hpp"

namespace asyncbench::run {

void LeftBehind::remove() const {
  measure::remove_abandoned_groups();
  PrivateFolder::remove_abandoned(temporary_folder());
  // Their folder is a setting: one cell of a workload knows it as well as all.
  std::set<const workloads::Workload*> cleaned;
  for (const PlannedCell& cell : plan_.cells) {
    if (cleaned.insert(cell.workload).second) cell.workload->clean_up(cell.work);
  }
}

}  // namespace asyncbench::run
