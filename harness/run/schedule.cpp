#include "run/schedule.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "result/success.hpp"
#include "run/sitting.hpp"

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
using TrialsByKey = std::map<Key, std::vector<const Trial*>>;

TrialsByKey trials_of(const result::Result& recorded) {
  TrialsByKey trials;
  for (const result::Cell& cell : recorded.cells) {
    for (const Trial& trial : cell.trials) {
      trials[{cell.id, trial.block, trial.kind}].push_back(&trial);
    }
  }
  return trials;
}

}  // namespace

Schedule::Schedule(const Plan& plan, const result::Result& recorded) : plan_(plan) {
  grow();
  for (std::size_t cell = 0; cell < plan.cells.size(); ++cell) {
    const result::Cell* const row = recorded.find_cell(plan.cells[cell].id);
    if (row == nullptr) continue;
    for (const Trial& trial : row->trials) {
      note({.cell = cell, .block = static_cast<unsigned>(trial.block), .kind = trial.kind}, trial);
    }
  }
  find_due();
}

bool Schedule::has_due(std::size_t cell) const {
  return std::ranges::any_of(due_, [&](const DueTrial& due) { return due.trial.cell == cell; });
}

Duration Schedule::expected_time() const {
  std::vector<PlannedTrial> trials;
  for (const DueTrial& due : due_) trials.push_back(due.trial);
  Plan left{.settings = plan_.settings, .cells = plan_.cells, .trials = std::move(trials)};
  return left.expected_time();
}

std::vector<DueTrial> Schedule::next() const {
  if (due_.empty()) return {};
  std::vector<PlannedTrial> trials;
  for (const DueTrial& due : due_) trials.push_back(due.trial);
  return {due_.begin(), due_.begin() + static_cast<std::ptrdiff_t>(plan_.sit_together(trials))};
}

void Schedule::take(std::span<const DueTrial> due, std::span<const Trial> records) {
  for (std::size_t i = 0; i < records.size(); ++i) note(due[i].trial, records[i]);
  find_due();
}

void Schedule::grow() {
  for (std::size_t cell = works_.size(); cell < plan_.cells.size(); ++cell) {
    const PlannedCell& added = plan_.cells[cell];
    const bool shared = plan_.takes_turns(added, result::TrialKind::timed);
    seen_.emplace_back();
    works_.push_back(shared || !added.build.empty() ? added.point : added.id);
  }
  for (; planned_ < plan_.trials.size(); ++planned_) {
    const PlannedTrial& trial = plan_.trials[planned_];
    const bool in_turns = plan_.takes_turns(plan_.cells[trial.cell], trial.kind);
    const auto belongs = [&](const Set& set) {
      const PlannedTrial& other = set.members.front().trial;
      return works_[other.cell] == works_[trial.cell] && other.block == trial.block &&
             (other.kind == trial.kind || (set.in_turns && in_turns));
    };
    if (sets_.empty() || !belongs(sets_.back())) sets_.emplace_back().in_turns = in_turns;
    places_[{trial.cell, trial.block, trial.kind}] = {sets_.size() - 1,
                                                      sets_.back().members.size()};
    sets_.back().members.push_back({.trial = trial});
  }
  find_due();
}

void Schedule::note(const PlannedTrial& planned, const Trial& record) {
  const auto place = places_.find({planned.cell, planned.block, planned.kind});
  if (place == places_.end()) return;  // record_faults() tells of it
  Seen& seen = seen_[planned.cell];
  seen.valid |= record.valid;
  seen.only_failed |= result::only_failed(record);
  using enum result::TrialStatus;
  const auto status = record.status;
  seen.broken += status == failed || status == crashed || status == timeout ? 1 : 0;
  Member& member = sets_[place->second.first].members[place->second.second];
  member.measured = static_cast<unsigned>(record.repeat);
  member.invalid = record.status == result::TrialStatus::invalid;
}

void Schedule::find_due() {
  std::size_t repeats_left = (sets_.size() + 4) / 5;
  for (const Set& set : sets_) repeats_left -= std::min<std::size_t>(repeats_left, set.repeat());
  due_.clear();
  const auto given_up = [this](std::size_t cell) { return is_given_up(cell); };
  for (const Set& set : sets_) {
    unsigned repeat = set.repeat();
    if (set.is_torn(given_up)) {
      ++repeat;
    } else if (repeats_left > 0 && set.has_invalid()) {
      --repeats_left;
      ++repeat;
    }
    for (const Member& member : set.members) {
      if (is_given_up(member.trial.cell)) continue;
      if (member.measured != repeat) due_.push_back({.trial = member.trial, .repeat = repeat});
    }
  }
}

bool Schedule::is_given_up(std::size_t cell) const {
  if (seen_[cell].is_given_up()) return true;
  if (plan_.cells[cell].build.empty()) return false;
  for (std::size_t other = 0; other < works_.size(); ++other) {
    if (works_[other] == works_[cell] && seen_[other].is_given_up()) return true;
  }
  return false;
}

unsigned Schedule::Set::repeat() const {
  unsigned latest = 0;
  for (const Member& member : members) latest = std::max(latest, member.measured.value_or(0));
  return latest;
}

bool Schedule::Set::is_torn(const std::function<bool(std::size_t cell)>& is_given_up) const {
  const auto has_turn = [now = repeat()](const Member& member) { return member.measured == now; };
  return in_turns && std::ranges::any_of(members, has_turn) &&
         !std::ranges::all_of(members, [&](const Member& member) {
           return has_turn(member) || is_given_up(member.trial.cell);
         });
}

bool Schedule::Set::has_invalid() const {
  return std::ranges::any_of(members, [now = repeat()](const Member& member) {
    return member.invalid && member.measured == now;
  });
}

bool is_replaced(const result::Cell& cell, const Trial& trial) {
  return std::ranges::any_of(cell.trials, [&](const Trial& other) {
    return other.block == trial.block && other.kind == trial.kind && other.repeat > trial.repeat;
  });
}

void retire_replaced(result::Cell& cell) {
  for (Trial& trial : cell.trials) {
    if (!trial.valid || !is_replaced(cell, trial)) continue;
    trial.valid = false;
    trial.reason = "measured again beside a trial that was invalid";
  }
}

std::vector<std::string> record_faults(const Plan& plan, const result::Result& recorded) {
  TrialsByKey records = trials_of(recorded);
  const Schedule schedule(plan, recorded);
  std::vector<std::string> faults;
  const auto fault = [&](const Key& key, std::string_view what) {
    faults.push_back(fmt::format("recorded_once: {}, block {}: {}", key.cell, key.block, what));
  };
  for (const PlannedTrial& trial : plan.trials) {
    const Key key{plan.cells[trial.cell].id, trial.block, trial.kind};
    const auto found = records.find(key);
    if (found == records.end()) {
      if (!schedule.is_given_up(trial.cell)) fault(key, "no record");
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
