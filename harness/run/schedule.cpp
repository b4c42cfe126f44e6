#include "run/schedule.hpp"

#include <fmt/format.h>

#include <algorithm>

#include <map>
#include <tuple>

namespace asyncbench::run {
namespace {

using result::Trial;

struct Key {
  std::string cell;
  std::int64_t block = 0;
  result::TrialKind kind = result::TrialKind::timed;
  auto operator<=>(const Key&) const = default;
};

// The records of each planned trial, in the order in which they ended.
using Records = std::map<Key, std::vector<const Trial*>>;

Records records_of(const result::Result& recorded) {
  Records records;
  for (const result::Cell& cell : recorded.cells) {
    for (const Trial& trial : cell.trials) {
      records[{cell.id, trial.block, trial.kind}].push_back(&trial);
    }
  }
  return records;
}

Key key_of(const Plan& plan, const PlannedTrial& trial) {
  return {plan.cells[trial.cell].id, trial.block, trial.kind};
}

}  // namespace

std::vector<DueTrial> due_trials(const Plan& plan, const result::Result& recorded) {
  const Records records = records_of(recorded);
  std::size_t repeats_left = (plan.trials.size() + 4) / 5;
  for (const auto& [key, trials] : records) {
    repeats_left -= std::min(repeats_left, trials.size() - 1);
  }
  std::vector<DueTrial> due;
  for (const PlannedTrial& trial : plan.trials) {
    const auto found = records.find(key_of(plan, trial));
    if (found == records.end()) {
      due.push_back({.trial = trial});
    } else if (found->second.back()->status == result::TrialStatus::invalid && repeats_left > 0) {
      --repeats_left;
      due.push_back({.trial = trial, .repeat = static_cast<unsigned>(found->second.size())});
    }
  }
  return due;
}

std::vector<std::string> record_faults(const Plan& plan, const result::Result& recorded) {
  Records records = records_of(recorded);
  std::vector<std::string> faults;
  const auto fault = [&](const Key& key, std::string_view what) {
    faults.push_back(fmt::format("F: {}, block {}: {}", key.cell, key.block, what));
  };
  for (const PlannedTrial& trial : plan.trials) {
    const Key key = key_of(plan, trial);
    const auto found = records.find(key);
    if (found == records.end()) {
      fault(key, "no record");
      continue;
    }
    for (std::size_t i = 0; i + 1 < found->second.size(); ++i) {
      if (found->second[i]->status != result::TrialStatus::invalid) fault(key, "two records");
    }
    records.erase(found);
  }
  for (const auto& [key, trials] : records) fault(key, "a record that was not planned");
  return faults;
}

}  // namespace asyncbench::run
