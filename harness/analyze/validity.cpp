#include "analyze/validity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <optional>
#include <string_view>

#include "analyze/notes.hpp"
#include "analyze/statistics.hpp"
#include "measure/recorder.hpp"

namespace asyncbench::analyze {
namespace {

using result::Note;
using result::Trial;

// Completions per slice, slices joined until they hold 30 completions each on average and are no
// more than 200: below that counting noise hides a trend, above it Theil-Sen's pairs take long.
std::vector<double> completions(const Trial& trial) {
  const auto total = std::accumulate(
      trial.slices.begin(), trial.slices.end(), std::uint64_t{0},
      [](std::uint64_t sum, const result::Slice& slice) { return sum + slice.completions; });
  const std::size_t count = trial.slices.size();
  if (count == 0 || total == 0) return {};
  const std::size_t for_noise = (30 * count + total - 1) / static_cast<std::size_t>(total);
  const std::size_t join = std::max({std::size_t{1}, for_noise, (count + 199) / 200});
  std::vector<double> joined;
  for (std::size_t i = 0; i + join <= count; i += join) {
    double sum = 0;
    for (std::size_t j = i; j < i + join; ++j) {
      sum += static_cast<double>(trial.slices[j].completions);
    }
    joined.push_back(sum);
  }
  return joined;
}

double mean(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// The standard deviation of a sample.
double deviation(std::span<const double> values) {
  const double center = mean(values);
  double squares = 0;
  for (const double value : values) squares += (value - center) * (value - center);
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

void assess_steadiness(const Trial& trial, std::vector<Note>& notes) {
  const std::vector<double> values = completions(trial);
  constexpr std::size_t kFewest = 20;  // four means of five
  if (values.size() < kFewest || has_stages(trial)) return;

  // In plain noise MSER's minimum lies anywhere: with 40 slices of 5 % noise it is beyond 10 % of
  // the window in 48 % of simulated trials. So the point counts only where what it would cut off
  // differs in substance, and by more than the noise of the rest explains (four standard errors,
  // because the point was chosen for its difference).
  constexpr double kCutShare = 0.1;
  constexpr double kCutDifference = 0.05;
  constexpr double kStandardErrors = 4;
  const std::size_t cut = mser5_truncation(values);
  if (static_cast<double>(cut) > kCutShare * static_cast<double>(values.size())) {
    const auto start = std::span<const double>(values).first(cut);
    const auto rest = std::span<const double>(values).subspan(cut);
    const double difference = mean(start) / mean(rest) - 1;
    const double noise =
        kStandardErrors * deviation(rest) / mean(rest) *
        std::sqrt(1 / static_cast<double>(start.size()) + 1 / static_cast<double>(rest.size()));
    if (std::abs(difference) > std::max(kCutDifference, noise)) {
      notes.push_back(
          {std::string(kNotSteady),
           fmt::format("the first {} % of the window were {:.0f} % {}", 100 * cut / values.size(),
                       std::abs(difference) * 100, difference < 0 ? "slower" : "faster")});
    }
  }

  std::vector<double> logs;
  for (const double value : values) logs.push_back(std::log(std::max(value, 0.5)));
  constexpr double kImprobable = 0.01;
  constexpr double kDrift = 0.05;
  if (spearman_with_index(logs).p >= kImprobable) return;
  const double drift = std::expm1(theil_sen_slope(logs) * static_cast<double>(logs.size()));
  if (std::abs(drift) > kDrift) {
    notes.push_back({std::string(kNonStationary),
                     fmt::format("throughput drifted by {:+.0f} % over the window", drift * 100)});
  }
}

// Whether a new request follows each ended one at once, and nothing is told to make them wait: then
// some request always ends soon. Parameters are listed where they differ from their defaults.
bool keeps_busy(const result::Cell& cell) {
  return std::ranges::none_of(
      std::array<std::string_view, 3>{"arrivals", "think_time", "server_delay"},
      [&](std::string_view name) { return result::find(cell.parameters, name) != nullptr; });
}

// A thread kept off its CPU for the whole window has neither a switch nor a finished wait to show
// for it, so only the requests tell.
void assess_flow(const result::Cell& cell, const Trial& trial, const TrialFigures& figures,
                 std::vector<Note>& notes) {
  if (!keeps_busy(cell)) return;
  if (trial.ended() == 0) {
    if (trial.censored > 0) {
      notes.push_back({std::string(kStalled), fmt::format("no request ended in the window, {} were "
                                                          "under way",
                                                          trial.censored)});
    }
    return;
  }
  // Slices count those that ended ok: while others failed, nothing stood still.
  if (trial.ended() > trial.outcome(Outcome::ok)) return;
  std::size_t empty = 0;
  std::size_t most_empty = 0;
  for (const result::Slice& slice : trial.slices) {
    empty = slice.completions == 0 ? empty + 1 : 0;
    most_empty = std::max(most_empty, empty);
  }
  const auto gap_ns = static_cast<std::int64_t>(most_empty) * measure::kSlice.count();
  // By the median: those that stood still are themselves the upper percentiles of a short window.
  constexpr std::int64_t kLeastGapNs = 200'000'000;
  constexpr std::int64_t kMedians = 20;
  const auto median = figures.find(kServiceP50);
  const auto median_ns =
      median == figures.end() ? 0 : static_cast<std::int64_t>(median->second.value);
  if (gap_ns >= std::max(kLeastGapNs, kMedians * median_ns)) {
    notes.push_back({std::string(kStalled), fmt::format("no request ended for {:.0f} ms",
                                                        static_cast<double>(gap_ns) / 1e6)});
  }
}

// What a generator was at the limit of; empty: nothing. One loop of several may be, and so may one
// that shares its CPU and mostly waits for it.
std::string limit_of(std::string_view generator, const result::Usage& usage,
                     std::int64_t window_ns) {
  if (window_ns <= 0) return "";
  constexpr double kBusy = 0.95;
  const auto share_of = [&](const std::optional<std::int64_t>& ns, std::int64_t cpus) {
    return static_cast<double>(ns.value_or(0)) / static_cast<double>(window_ns) /
           static_cast<double>(cpus);
  };
  if (const double share = share_of(usage.cpu_ns(), usage.usable()); share >= kBusy) {
    return fmt::format("{} used {:.0f} % of its CPU", generator, share * 100);
  }
  const double busiest = share_of(usage.busiest_thread_ns, 1);
  if (busiest < kBusy) return "";
  return fmt::format("a thread of {} was running or waiting for a CPU {:.0f} % of the time",
                     generator, busiest * 100);
}

// The same of an open loop that is behind its schedule; `allowed_ns`: so late is no matter.
std::string lateness_of(std::string_view generator, std::int64_t start_lag_p99_ns,
                        double allowed_ns) {
  const auto late_ns = static_cast<double>(start_lag_p99_ns);
  if (late_ns <= allowed_ns) return "";
  return fmt::format("{} sent late: p99 {:.0f} us", generator, late_ns / 1e3);
}

// Of all generators together, and of each where there are several: that the others have time does
// not speed up the one that has none.
std::string limit_of(const Trial& trial, const TrialFigures& figures) {
  std::string limit;
  const auto look = [&](const std::string& found) {
    if (limit.empty()) limit = found;
  };
  const auto look_at_each = [&](auto limit_of_one) {
    if (!trial.peer_processes) return;
    const std::size_t count = trial.peer_processes->size();
    for (std::size_t i = 0; i < count; ++i) {
      const std::string name = fmt::format("generator {} of {}", i + 1, count);
      look(limit_of_one(name, (*trial.peer_processes)[i]));
    }
  };
  if (trial.peer) look(limit_of("the generator", *trial.peer, trial.window_ns));
  look_at_each([&](const std::string& name, const result::PeerProcess& process) {
    return limit_of(name, process.usage, trial.window_ns);
  });
  const auto response = figures.find(kResponseP50);
  if (response == figures.end()) return limit;
  const double allowed_ns = std::max(50e3, 0.05 * response->second.value);
  if (trial.start_lag) look(lateness_of("the generator", trial.start_lag->p99_ns, allowed_ns));
  look_at_each([&](const std::string& name, const result::PeerProcess& process) {
    return lateness_of(name, process.start_lag_p99_ns.value_or(0), allowed_ns);
  });
  return limit;
}

// Only a generator at the other end can hide what the subject is able to do; as the subject, its
// limits are the result.
void assess_generator(const result::Cell& cell, const Trial& trial, const TrialFigures& figures,
                      std::vector<Note>& notes) {
  if (cell.generator != result::Side::peer) return;
  if (std::string limit = limit_of(trial, figures); !limit.empty()) {
    notes.push_back({std::string(kGeneratorLimited), std::move(limit)});
  }
}

void assess_load(const Trial& trial, std::vector<Note>& notes) {
  if (!trial.offered_per_s || *trial.offered_per_s <= 0 || trial.window_ns <= 0) return;
  const double achieved =
      static_cast<double>(trial.ended()) * 1e9 / static_cast<double>(trial.window_ns);
  constexpr double kEnough = 0.98;
  if (achieved < kEnough * *trial.offered_per_s) {
    notes.push_back(
        {std::string(kOverload), fmt::format("{:.0f} % of the offered load was achieved",
                                             100 * achieved / *trial.offered_per_s)});
  }
}

// What the machine did was read over the turns of all cells together.
double watched_ns(const Trial& trial) {
  return static_cast<double>(trial.turns ? trial.turns->sitting_ns : trial.window_ns);
}

// Whether a CPU quota held the trial back. What looks like stalls and other load is then the quota.
bool assess_quota(const Trial& trial, std::vector<Note>& notes) {
  constexpr double kHeldBack = 0.01;
  const double held_back =
      static_cast<double>(trial.disturbance.throttled_ns.value_or(0)) / watched_ns(trial);
  if (!(held_back > kHeldBack)) return false;
  notes.push_back(
      {std::string(kThrottled),
       fmt::format("a CPU quota held the program back for {:.0f} % of the time", 100 * held_back)});
  return true;
}

// Whether the two ends share a CPU, so that each waits for the other; the run has a note of it.
bool waits_for_peer(const Trial& trial) {
  return trial.peer && std::ranges::any_of(trial.peer->cpus, [&](std::int64_t cpu) {
           return std::ranges::find(trial.subject.cpus, cpu) != trial.subject.cpus.end();
         });
}

void assess_machine(const result::Cell& cell, const Trial& trial, std::vector<Note>& notes) {
  const auto window = static_cast<double>(trial.window_ns);
  const double watched = watched_ns(trial);
  const result::Disturbance& machine = trial.disturbance;
  const auto add = [&](std::string detail) {
    notes.push_back({std::string(kDisturbed), std::move(detail)});
  };
  constexpr double kStolen = 0.01;
  if (machine.steal_ns && static_cast<double>(*machine.steal_ns) > kStolen * watched) {
    add(fmt::format("the hypervisor took {:.1f} % of a CPU",
                    100 * static_cast<double>(*machine.steal_ns) / watched));
    return;
  }
  constexpr double kChanged = 0.05;
  if (machine.canary_before_ns.value_or(0) > 0 && machine.canary_after_ns.value_or(0) > 0) {
    // Both did the same work, so their speeds are as their times the other way round.
    const double change = static_cast<double>(*machine.canary_before_ns) /
                              static_cast<double>(*machine.canary_after_ns) -
                          1;
    if (std::abs(change) > kChanged) {
      add(fmt::format("the CPUs were {:.0f} % {} after the trial than before",
                      std::abs(change) * 100, change < 0 ? "slower" : "faster"));
      return;
    }
  }
  // Threads of one strategy wait for each other by design, and so do the file threads of an event
  // loop: others can have taken no more than what the subject left of the CPUs that it can use.
  constexpr double kWaited = 0.05;
  const auto& wait = trial.subject.run_queue_wait_ns;
  const auto own = trial.subject.cpu_ns();
  if (!cell.strategy_info.event_loop || trial.subject.cpus.empty() || !wait || !own) return;
  if (waits_for_peer(trial)) return;
  const double left =
      static_cast<double>(trial.subject.usable()) * window - static_cast<double>(*own);
  const double taken = std::min(static_cast<double>(*wait), left);
  if (taken > kWaited * window) {
    add(fmt::format("the subject waited {:.0f} % of the window for its CPU", 100 * taken / window));
  }
}

void assess_cores(const Trial& trial, std::vector<Note>& notes) {
  const result::Disturbance& machine = trial.disturbance;
  if (machine.canary_alone_ns.value_or(0) <= 0 || !machine.canary_before_ns) return;
  constexpr double kShared = 1.15;
  const double factor = static_cast<double>(*machine.canary_before_ns) /
                        static_cast<double>(*machine.canary_alone_ns);
  if (factor < kShared) return;
  notes.push_back({std::string(kSharedCore),
                   fmt::format("a fixed piece of arithmetic took {:.2f} times as long on all of "
                               "them at once as on one alone",
                               factor)});
}

// Cells that take turns must leave one another alone.
void assess_turns(const Trial& trial, std::vector<Note>& notes) {
  if (!trial.turns) return;
  const result::Turns& turns = *trial.turns;
  std::int64_t in_turns_ns = 0;
  bool all_read = !turns.rounds.empty();
  for (const result::Turn& turn : turns.rounds) {
    in_turns_ns += turn.subject_cpu_ns.value_or(0);
    all_read = all_read && turn.subject_cpu_ns.has_value();
  }
  if (turns.overlap()) {
    notes.push_back({std::string(kTurnsOverlap),
                     fmt::format("{} of {} requests outlasted the rest of {:.0f} ms", turns.overran,
                                 turns.requests(), static_cast<double>(turns.rest_ns) / 1e6)});
  }
  const std::int64_t own_ns =
      (turns.length_ns + turns.rest_ns) * static_cast<std::int64_t>(turns.rounds.size());
  const auto at_rest_ns = static_cast<double>(turns.sitting_ns - own_ns);
  const auto used = trial.subject.cpu_ns();
  constexpr double kIdle = 0.005;
  if (!all_read || !used || at_rest_ns <= 0) return;
  const double share = static_cast<double>(*used - in_turns_ns) / at_rest_ns;
  if (share > kIdle) {
    notes.push_back({std::string(kWorksAtRest),
                     fmt::format("{:.1f} % of a CPU between its turns", share * 100)});
  }
}

std::uint64_t threads_created(const Trial& trial) {
  std::uint64_t created = 0;
  for (const LaneReport& lane : trial.lanes) {
    const auto threads = lane.counters.find("threads_created");
    if (threads != lane.counters.end()) created += threads->second;
  }
  return created;
}

bool ends_many_threads(const Trial& trial) {
  constexpr std::uint64_t kMany = 10;
  const std::int64_t alive = trial.subject.threads_peak.value_or(1);
  return threads_created(trial) > kMany * static_cast<std::uint64_t>(alive);
}

// Before version 1.2 of results there was but one.
std::string account_of(const Trial& trial) {
  return trial.subject.cpu_account.value_or("getrusage");
}

// On Linux 6.18 the end of a thread takes some 4 us that getrusage(2) does not tell.
void assess_account(const Trial& trial, std::vector<Note>& notes) {
  if (account_of(trial) == "cgroup" || !ends_many_threads(trial)) return;
  notes.push_back(
      {std::string(kCpuIncomplete), fmt::format("{} threads were made", threads_created(trial))});
}

}  // namespace

std::string account_difference(const result::Cell& a, const result::Cell& b) {
  if (a.trials.empty() || b.trials.empty() || !ends_many_threads(a.trials.front())) return {};
  const std::string one = account_of(a.trials.front());
  const std::string other = account_of(b.trials.front());
  return one == other ? "" : fmt::format("cpu_account: {} and {}", one, other);
}

std::vector<Note> assess(const result::Cell& cell, const Trial& trial,
                         const TrialFigures& figures) {
  std::vector<Note> notes;
  assess_steadiness(trial, notes);
  const bool is_throttled = assess_quota(trial, notes);
  if (!is_throttled) assess_flow(cell, trial, figures, notes);
  assess_generator(cell, trial, figures, notes);
  assess_load(trial, notes);
  if (!is_throttled) assess_machine(cell, trial, notes);
  assess_cores(trial, notes);
  assess_turns(trial, notes);
  assess_account(trial, notes);
  return notes;
}

}  // namespace asyncbench::analyze
