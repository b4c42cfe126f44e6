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

// A planned set with the records of its trials.
struct Set {
  struct Member {
    PlannedTrial trial;
    std::vector<const Trial*> records;
  };
  std::vector<Member> members;

  // Which time it is measured, from 0.
  unsigned repeat() const {
    std::int64_t latest = 0;
    for (const Member& member : members) {
      for (const Trial* record : member.records) latest = std::max(latest, record->repeat);
    }
    return static_cast<unsigned>(latest);
  }
};

// The record of the set's current time; null when there is none yet.
const Trial* latest(const Set::Member& member, unsigned repeat) {
  const bool measured = !member.records.empty() && member.records.back()->repeat == repeat;
  return measured ? member.records.back() : nullptr;
}

bool has_invalid(const Set& set, unsigned repeat) {
  return std::ranges::any_of(set.members, [&](const Set::Member& member) {
    const Trial* const record = latest(member, repeat);
    return record != nullptr && record->status == result::TrialStatus::invalid;
  });
}

// Names what all builds of a cell have in common.
std::string work_of(const Cell& cell) {
  if (cell.build.empty()) return cell.id;
  Cell any_build = cell;
  any_build.build.clear();
  return id_of(any_build);
}

// In the order of running.
std::vector<Set> sets_of(const Plan& plan, const result::Result& recorded) {
  const Records records = records_of(recorded);
  std::vector<std::string> works;
  for (const Cell& cell : plan.cells) works.push_back(work_of(cell));
  std::vector<Set> sets;
  for (const PlannedTrial& trial : plan.trials) {
    const auto belongs = [&](const Set& set) {
      const PlannedTrial& other = set.members.front().trial;
      return works[other.cell] == works[trial.cell] && other.block == trial.block &&
             other.kind == trial.kind;
    };
    if (sets.empty() || !belongs(sets.back())) sets.emplace_back();
    const auto found = records.find(key_of(plan, trial));
    sets.back().members.push_back(
        {trial, found == records.end() ? std::vector<const Trial*>{} : found->second});
  }
  return sets;
}

}  // namespace

std::vector<DueTrial> due_trials(const Plan& plan, const result::Result& recorded) {
  const std::vector<Set> sets = sets_of(plan, recorded);
  std::size_t repeats_left = (sets.size() + 4) / 5;
  for (const Set& set : sets) repeats_left -= std::min<std::size_t>(repeats_left, set.repeat());
  std::vector<DueTrial> due;
  for (const Set& set : sets) {
    unsigned repeat = set.repeat();
    if (repeats_left > 0 && has_invalid(set, repeat)) {
      --repeats_left;
      ++repeat;
    }
    for (const Set::Member& member : set.members) {
      if (latest(member, repeat) == nullptr)
        due.push_back({.trial = member.trial, .repeat = repeat});
    }
  }
  return due;
}

void retire_replaced(result::Cell& cell) {
  for (Trial& trial : cell.trials) {
    const bool replaced = std::ranges::any_of(cell.trials, [&](const Trial& other) {
      return other.block == trial.block && other.kind == trial.kind && other.repeat > trial.repeat;
    });
    if (!replaced || !trial.valid) continue;
    trial.valid = false;
    trial.reason = "measured again beside a trial that was invalid";
  }
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
      if (found->second[i]->valid) fault(key, "two records");
    }
    records.erase(found);
  }
  for (const auto& [key, trials] : records) fault(key, "a record that was not planned");
  return faults;
}

}  // namespace asyncbench::run
