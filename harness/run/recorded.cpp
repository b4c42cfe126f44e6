#include "run/recorded.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <map>

namespace asyncbench::run {

Recorded::Recorded(result::JournalContents& contents) {
  std::map<std::string, std::size_t> taken;
  for (const std::string& cell_id : contents.order) {
    result::Cell& cell = *contents.result.find_cell(cell_id);
    trials_.emplace_back(cell_id, std::move(cell.trials[taken[cell_id]++]));
  }
  for (result::Cell& cell : contents.result.cells) cell.trials.clear();
}

void Recorded::replay_next(const Plan& plan, const DueTrial& due, result::Result& result) {
  auto& [cell_id, trial] = trials_.front();
  const std::string& due_id = plan.cells[due.trial.cell].id;
  if (cell_id != due_id || trial.block != due.trial.block || trial.kind != due.trial.kind ||
      trial.repeat != due.repeat) {
    throw UsageError(
        fmt::format("the journal goes on with {}, block {}, where this program would measure {}, "
                    "block {}: another version wrote it; start anew",
                    cell_id, trial.block, due_id, due.trial.block));
  }
  result.find_cell(cell_id)->trials.push_back(std::move(trial));
  trials_.pop_front();
}

}  // namespace asyncbench::run
