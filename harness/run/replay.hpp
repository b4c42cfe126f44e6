// The trials of a journal, to be gone through again as they were measured.
#pragma once

#include <deque>
#include <string>
#include <utility>

#include "result/journal.hpp"
#include "run/schedule.hpp"

namespace asyncbench::run {

class Replay {
 public:
  // Takes them out of the contents' cells.
  explicit Replay(result::JournalContents& contents);

  bool empty() const { return trials_.empty(); }

  // Moves the next one to its cell in `result`. Throws UsageError when it is not the trial that is
  // due.
  const result::Trial& next(const Plan& plan, const DueTrial& due, result::Result& result);

 private:
  std::deque<std::pair<std::string, result::Trial>> trials_;  // with the ids of their cells
};

}  // namespace asyncbench::run
