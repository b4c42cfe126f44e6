#include "analyze/summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "analyze/figures.hpp"
#include "analyze/group_order.hpp"
#include "analyze/notes.hpp"
#include "analyze/statistics.hpp"
#include "analyze/validity.hpp"
#include "result/success.hpp"

namespace asyncbench::analyze {
namespace {

using result::Cell;
using result::Estimate;
using result::Note;
using result::Summary;
using result::Trial;

Estimate across(const std::vector<Reading>& readings) {
  std::vector<double> values;
  for (const Reading& reading : readings) values.push_back(reading.value);
  Estimate result = estimate(values);
  result.at_least = std::ranges::any_of(readings, &Reading::at_least);
  result.unresolved = std::ranges::any_of(readings, &Reading::unresolved);
  return result;
}

// The figures of trials that count, each decoded once.
using Figures = std::vector<std::pair<const Trial*, TrialFigures>>;

Figures figures_in(const Cell& cell, result::TrialKind kind) {
  Figures figures;
  for (const Trial* trial : cell.valid_trials(kind)) {
    figures.emplace_back(trial, figures_of(cell, *trial));
  }
  return figures;
}

result::Estimates figures_across(std::initializer_list<const Figures*> kinds) {
  std::map<std::string, std::vector<Reading>> readings;
  for (const Figures* kind : kinds) {
    for (const auto& [trial, figures] : *kind) {
      for (const auto& [name, reading] : figures) readings[name].push_back(reading);
    }
  }
  result::Estimates estimates;
  for (const auto& [name, list] : readings) estimates.emplace(name, across(list));
  return estimates;
}

// One note a code, with the first detail and how many trials have it.
std::vector<Note> gather_notes(const Cell& cell, const Figures& timed) {
  struct Seen {
    Note first;
    std::size_t trials = 0;
  };
  std::vector<Seen> seen;
  const auto add = [&](const std::vector<Note>& notes) {
    for (const Note& note : notes) {
      const auto known = std::ranges::find_if(
          seen, [&](const Seen& other) { return other.first.code == note.code; });
      if (known == seen.end()) {
        seen.push_back({note, 1});
      } else {
        ++known->trials;
      }
    }
  };
  for (const auto& [trial, figures] : timed) {
    // What run noted counts once a trial, also when assess() comes to the same.
    std::vector<Note> notes = trial->notes;
    for (Note& note : assess(cell, *trial, figures)) {
      if (std::ranges::find(notes, note.code, &Note::code) == notes.end()) {
        notes.push_back(std::move(note));
      }
    }
    add(notes);
  }
  std::vector<Note> gathered;
  for (const Seen& one : seen) {
    gathered.push_back({one.first.code, timed.size() == 1
                                            ? one.first.detail
                                            : fmt::format("{} of {} trials: {}", one.trials,
                                                          timed.size(), one.first.detail)});
  }
  return gathered;
}

void note_counts(const Cell& cell, Summary& summary, const Figures& timed) {
  std::vector<result::FailureCount> failures;
  std::uint64_t ended = 0;
  for (const auto& [trial, figures] : timed) {
    ended += trial->ended();
    for (const result::FailureCount& failure : result::failures_of(*trial)) {
      measure::add_failures(failures, failure);
    }
  }
  if (!timed.empty() && ended == 0) {
    summary.notes.push_back({std::string(kNoRequests), fmt::format("{} trial{}", timed.size(),
                                                                   timed.size() == 1 ? "" : "s")});
  }
  if (!failures.empty()) {
    summary.notes.push_back({std::string(kErrors), result::text_of(failures, ended)});
  }
  if (summary.trials_valid < summary.trials_timed) {
    const auto bad = std::ranges::find_if(cell.trials, [](const Trial& trial) {
      return trial.kind == result::TrialKind::timed && !trial.valid;
    });
    summary.notes.push_back(
        {std::string(kInvalidTrials),
         fmt::format("{} of {}, the first: {}", summary.trials_timed - summary.trials_valid,
                     summary.trials_timed, bad->reason)});
  }
  if (summary.trials_valid > 0 && summary.trials_valid < 6) {
    summary.notes.push_back({std::string(kFewTrials), fmt::format("{}", summary.trials_valid)});
  }
}

std::string group_name(const Cell& cell) {
  std::string name = result::cell_id(cell.workload, "", cell.parameters);
  const std::string strategy = "/strategy:";
  return name.erase(cell.workload.size(), strategy.size());
}

void note_differing_peers(const std::vector<Cell*>& cells) {
  double least = 0;
  double greatest = 0;
  for (const Cell* cell : cells) {
    const Estimate* const peer = cell->find(kPeerCpu);
    if (peer == nullptr) continue;
    least = least == 0 ? peer->median : std::min(least, peer->median);
    greatest = std::max(greatest, peer->median);
  }
  if (greatest <= kPeersAlike * least) return;
  for (Cell* cell : cells) {
    if (cell->find(kPeerCpu) == nullptr) continue;
    cell->summary->notes.push_back(
        {std::string(kPeersDiffer),
         fmt::format("{:.1f} to {:.1f} us a request", least / 1e3, greatest / 1e3)});
  }
}

}  // namespace

void summarize(Cell& cell) {
  cell.summary.reset();
  if (cell.trials.empty()) return;
  // Results of earlier versions take a cell for measured whose requests did nothing but fail.
  for (Trial& trial : cell.trials) result::fail_without_success(trial);
  result::fail_without_success(cell);
  const Figures timed = figures_in(cell, result::TrialKind::timed);
  const Figures counts = figures_in(cell, result::TrialKind::count);
  Summary& summary = cell.summary.emplace();
  summary.trials_valid = static_cast<std::int64_t>(timed.size());
  summary.trials_timed = std::ranges::count(cell.trials, result::TrialKind::timed, &Trial::kind);
  summary.figures = figures_across({&timed, &counts});
  summary.notes = gather_notes(cell, timed);
  note_counts(cell, summary, timed);
  const auto throughput = summary.figures.find(kThroughput);
  if (throughput != summary.figures.end() && has_note(cell, kGeneratorLimited)) {
    throughput->second.at_least = true;
  }
}

void summarize(result::Result& result) {
  std::map<std::string, std::vector<Cell*>> groups;
  for (Cell& cell : result.cells) {
    summarize(cell);
    groups[group_name(cell)].push_back(&cell);
  }
  for (const auto& [name, cells] : groups) note_differing_peers(cells);
}

std::vector<Group> groups_of(const result::Result& result) {
  std::vector<Group> groups;
  for (const Cell& cell : result.cells) {
    const std::string name = group_name(cell);
    auto group = std::ranges::find(groups, name, &Group::name);
    if (group == groups.end()) group = groups.insert(groups.end(), Group{name, {}});
    group->cells.push_back(&cell);
  }
  sort_groups(groups);
  return groups;
}

bool has_note(const Cell& cell, std::string_view code) {
  return cell.summary &&
         std::ranges::find(cell.summary->notes, code, &Note::code) != cell.summary->notes.end();
}

}  // namespace asyncbench::analyze
