#include "run/replay.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <map>

namespace asyncbench::run {

Replay::Replay(result::JournalContents& contents) {
  std::map<std::string, std::size_t> taken;
  for (const std::string& cell_id : contents.order) {
    result::Cell& cell = *contents.result.find_cell(cell_id);
    trials_.emplace_back(cell_id, std::move(cell.trials[taken[cell_id]++]));
  }
  for (result::Cell& cell : contents.result.cells) cell.trials.clear();
}

const result::Trial& Replay::next(const Plan& plan, const DueTrial& due, result::Result& result) {
  auto& [cell_id, trial] = trials_.front();
  const std::string& due_id = plan.cells[due.trial.cell].id;
  if (cell_id != due_id || trial.block != due.trial.block || trial.kind != due.trial.kind ||
      trial.repeat != due.repeat) {
    throw UsageError(
        fmt::format("the journal goes on with {}, block {}, where this program would measure {}, "
                    "block {}: another version wrote it; start anew",
                    cell_id, trial.block, due_id, due.trial.block));
  }
  result::Cell& row = *result.find_cell(cell_id);
  row.trials.push_back(std::move(trial));
  trials_.pop_front();
  return row.trials.back();
}

}  // namespace asyncbench::run
