#include "analyze/summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <map>
#include <optional>

#include "analyze/figures.hpp"
#include "analyze/notes.hpp"
#include "analyze/statistics.hpp"
#include "analyze/validity.hpp"
#include "result/from_recording.hpp"

namespace asyncbench::analyze {
namespace {

using result::Cell;
using result::Estimate;
using result::Latency;
using result::Note;
using result::Summary;
using result::Trial;

using Trials = std::vector<const Trial*>;

Trials valid_trials(const Cell& cell, result::TrialKind kind) {
  Trials trials;
  for (const Trial& trial : cell.trials) {
    if (trial.kind == kind && trial.valid) trials.push_back(&trial);
  }
  return trials;
}

// The figure of each trial that has one.
std::optional<Estimate> across(const Trials& trials,
                               const std::function<std::optional<double>(const Trial&)>& figure) {
  std::vector<double> values;
  for (const Trial* trial : trials) {
    if (const auto value = figure(*trial)) values.push_back(*value);
  }
  if (values.empty()) return std::nullopt;
  return estimate(values);
}

// One kind of latency in those trials that have it.
std::vector<CensoredLatencies> latencies_of(const Trials& trials,
                                            std::optional<Latency> Trial::*completed,
                                            std::optional<Latency> Trial::*censored) {
  std::vector<CensoredLatencies> all;
  for (const Trial* trial : trials) {
    if (!(trial->*completed)) continue;
    measure::Distribution ended = distribution_of(*(trial->*completed));
    if (ended.empty()) continue;
    const auto& unfinished = trial->*censored;
    all.emplace_back(std::move(ended),
                     unfinished ? distribution_of(*unfinished) : measure::Distribution{});
  }
  return all;
}

std::optional<Estimate> percentile_across(const std::vector<CensoredLatencies>& trials,
                                          double percent) {
  if (trials.empty()) return std::nullopt;
  std::vector<double> values;
  bool at_least = false;
  bool unresolved = false;
  for (const CensoredLatencies& trial : trials) {
    const Percentile value = percentile(trial, percent);
    values.push_back(static_cast<double>(value.value_ns));
    at_least |= value.at_least;
    unresolved |= value.unresolved && !value.at_least;
  }
  Estimate result = estimate(values);
  result.at_least = at_least;
  result.unresolved = unresolved;
  return result;
}

// Of several loops, the requests of the one that had the fewest, as a share of the mean: 1 when all
// had the same.
std::optional<double> balance_of(const Trial& trial) {
  if (trial.lanes.size() < 2) return std::nullopt;
  double least = std::numeric_limits<double>::infinity();
  double sum = 0;
  for (const LaneReport& lane : trial.lanes) {
    const auto found = lane.counters.find("requests");
    if (found == lane.counters.end()) return std::nullopt;
    const auto requests = static_cast<double>(found->second);
    least = std::min(least, requests);
    sum += requests;
  }
  if (sum == 0) return std::nullopt;
  return least * static_cast<double>(trial.lanes.size()) / sum;
}

// What the workloads measure beside their requests: plain figures, and percentiles of each series.
std::map<std::string, Estimate> own_figures(const Trials& trials) {
  std::map<std::string, std::vector<double>> values;
  std::map<std::string, std::vector<CensoredLatencies>> series;
  for (const Trial* trial : trials) {
    for (const auto& [name, value] : trial->figures) values[name].push_back(value);
    for (const auto& [name, latency] : trial->series) {
      series[name].emplace_back(distribution_of(latency), measure::Distribution{});
    }
  }
  std::map<std::string, Estimate> figures;
  for (const auto& [name, list] : values) figures.emplace(name, estimate(list));
  for (const auto& [name, latencies] : series) {
    for (const int percent : {50, 99}) {
      const auto value = percentile_across(latencies, percent);
      if (value) figures.emplace(fmt::format("{}_p{}_ns", name, percent), *value);
    }
  }
  return figures;
}

// One note a code, with the first detail and how many trials have it.
std::vector<Note> gather_notes(const Cell& cell, const Trials& timed) {
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
  for (const Trial* trial : timed) {
    // What run noted counts once a trial, also when assess() comes to the same.
    std::vector<Note> notes = trial->notes;
    for (Note& note : assess(cell, *trial)) {
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

void note_counts(const Cell& cell, Summary& summary, const Trials& timed) {
  std::map<std::string_view, std::uint64_t> failures;
  std::uint64_t ended = 0;
  for (const Trial* trial : timed) {
    ended += trial->ended();
    for (std::size_t i = 1; i < kOutcomes; ++i) {
      if (trial->outcomes[i] > 0) failures[kOutcomeNames[i]] += trial->outcomes[i];
    }
  }
  if (!timed.empty() && ended == 0) {
    summary.notes.push_back({std::string(kNoRequests), fmt::format("{} trial{}", timed.size(),
                                                                   timed.size() == 1 ? "" : "s")});
  }
  if (!failures.empty()) {
    std::vector<std::string> parts;
    for (const auto& [name, count] : failures) parts.push_back(fmt::format("{} {}", count, name));
    summary.notes.push_back(
        {std::string(kErrors), fmt::format("{} of {} requests", fmt::join(parts, ", "), ended)});
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
    const auto& peer = cell->summary ? cell->summary->cpu_per_request_peer_ns : std::nullopt;
    if (!peer) continue;
    least = least == 0 ? peer->median : std::min(least, peer->median);
    greatest = std::max(greatest, peer->median);
  }
  if (greatest <= kPeersAlike * least) return;
  for (Cell* cell : cells) {
    if (!cell->summary || !cell->summary->cpu_per_request_peer_ns) continue;
    cell->summary->notes.push_back(
        {std::string(kPeersDiffer),
         fmt::format("{:.1f} to {:.1f} us a request", least / 1e3, greatest / 1e3)});
  }
}

}  // namespace

void summarize(Cell& cell) {
  cell.summary.reset();
  if (cell.trials.empty()) return;
  const Trials timed = valid_trials(cell, result::TrialKind::timed);
  const Trials counts = valid_trials(cell, result::TrialKind::count);
  Summary& summary = cell.summary.emplace();
  summary.trials_valid = static_cast<std::int64_t>(timed.size());
  summary.trials_timed = std::ranges::count(cell.trials, result::TrialKind::timed, &Trial::kind);

  summary.throughput_per_s = across(timed, [](const Trial& t) { return t.throughput_per_s; });
  summary.cpu_per_request_ns =
      across(timed, [](const Trial& t) { return per_request(t, t.subject.cpu_ns()); });
  summary.cpu_per_request_peer_ns =
      across(timed, [](const Trial& t) { return per_request(t, peer_cpu_ns(t)); });
  summary.cpu_per_request_total_ns = across(timed, [](const Trial& t) -> std::optional<double> {
    const std::optional<std::int64_t> peer = peer_cpu_ns(t);
    const std::optional<std::int64_t> own = t.subject.cpu_ns();
    return own && peer ? per_request(t, *own + *peer) : std::nullopt;
  });
  summary.context_switches_per_request =
      across(timed, [](const Trial& t) { return per_request(t, context_switches(t)); });
  summary.syscalls_per_request =
      across(counts, [](const Trial& t) { return per_request(t, t.subject.syscalls); });
  summary.memory_peak_bytes = across(timed, [](const Trial& t) -> std::optional<double> {
    if (!t.subject.memory_peak_bytes) return std::nullopt;
    return static_cast<double>(*t.subject.memory_peak_bytes);
  });
  summary.error_share = across(timed, [](const Trial& t) -> std::optional<double> {
    if (t.ended() == 0) return std::nullopt;
    return static_cast<double>(t.ended() - t.outcome(Outcome::ok)) / static_cast<double>(t.ended());
  });

  const auto service = latencies_of(timed, &Trial::service_time, &Trial::censored_service_time);
  summary.service_time_p50_ns = percentile_across(service, 50);
  summary.service_time_p99_ns = percentile_across(service, 99);
  summary.service_time_p99_9_ns = percentile_across(service, 99.9);
  const auto response = latencies_of(timed, &Trial::response_time, &Trial::censored_response_time);
  summary.response_time_p50_ns = percentile_across(response, 50);
  summary.response_time_p99_ns = percentile_across(response, 99);
  summary.response_time_p99_9_ns = percentile_across(response, 99.9);

  summary.figures = own_figures(timed);
  // Threads of a strategy's own belong to no loop: which lane they record in says nothing.
  if (const auto balance = across(timed, balance_of); balance && cell.strategy_info.event_loop) {
    summary.figures.emplace("balance", *balance);
  }

  summary.notes = gather_notes(cell, timed);
  note_counts(cell, summary, timed);
  if (summary.throughput_per_s && has_note(cell, kGeneratorLimited)) {
    summary.throughput_per_s->at_least = true;
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
  return groups;
}

bool has_note(const Cell& cell, std::string_view code) {
  return cell.summary &&
         std::ranges::find(cell.summary->notes, code, &Note::code) != cell.summary->notes.end();
}

}  // namespace asyncbench::analyze
