#include "analyze/causes.hpp"

#include <algorithm>

namespace asyncbench::analyze {
namespace {

using measure::Activity;
using result::Trial;
using result::TrialKind;

// The latest that counts; null when there is none.
const Trial* latest(const result::Cell& cell, TrialKind kind) {
  return cell.latest_trial([kind](const Trial& trial) {
    return trial.kind == kind && trial.valid && trial.profile && trial.ended() > 0;
  });
}

// The trial that the instruments' figures are for.
double requests_of(const Trial& trial) {
  const auto counted = trial.profile->requests.value_or(0);
  return counted > 0 ? static_cast<double>(counted) : static_cast<double>(trial.ended());
}

// The least size that so large a share of all returns do not exceed.
std::uint64_t quantile(const measure::Sizes& sizes, double share) {
  double all = 0;
  for (const auto& [size, count] : sizes) all += static_cast<double>(count);
  double so_far = 0;
  for (const auto& [size, count] : sizes) {
    so_far += static_cast<double>(count);
    if (so_far >= share * all) return size;
  }
  return 0;
}

// The mean is exact as long as no size is above 64.
std::optional<Batches> distribution_of(const measure::Sizes& sizes) {
  if (sizes.empty()) return std::nullopt;
  double all = 0;
  double sum = 0;
  for (const auto& [size, count] : sizes) {
    all += static_cast<double>(count);
    sum += static_cast<double>(size) * static_cast<double>(count);
  }
  return Batches{.median = quantile(sizes, 0.5), .p99 = quantile(sizes, 0.99), .mean = sum / all};
}

std::optional<Batches> batches_of(const Trial& trial) {
  std::optional<Batches> batches = distribution_of(trial.profile->batches);
  std::uint64_t wakeups = 0;
  std::uint64_t completions = 0;
  for (const LaneReport& lane : trial.lanes) {
    wakeups += lane.wakeups;
    completions += lane.completions;
  }
  if (batches && wakeups > 0) {
    batches->mean = static_cast<double>(completions) / static_cast<double>(wakeups);
  }
  return batches;
}

void put_counts(const Trial& trial, Causes& causes) {
  const double requests = requests_of(trial);
  if (const auto& calls = trial.profile->calls) {
    PerRequest& per_request = causes.calls.emplace();
    for (const auto& [name, count] : calls->in_window) {
      per_request[name] = static_cast<double>(count) / requests;
    }
  }
  const auto put = [&](const char* name, const std::optional<std::int64_t>& count) {
    if (count) causes.events[name] = static_cast<double>(*count) / requests;
  };
  put("switches, waiting", trial.subject.context_switches_voluntary);
  put("switches, preempted", trial.subject.context_switches_involuntary);
  put("minor page faults", trial.subject.page_faults_minor);
  put("major page faults", trial.subject.page_faults_major);
  put("moves between CPUs", trial.profile->migrations);
}

Waits waits_of(const measure::OffCpu& off_cpu, double requests) {
  Waits waits{.preemptions = static_cast<double>(off_cpu.preemptions) / requests,
              .run_queue_ns = static_cast<double>(off_cpu.run_queue_ns) / requests,
              .lost = off_cpu.lost};
  for (const auto& reason : off_cpu.reasons) {
    waits.reasons.push_back({.reason = reason.name,
                             .times = static_cast<double>(reason.count) / requests,
                             .ns = static_cast<double>(reason.total_ns) / requests});
  }
  return waits;
}

double mean_latency_ns(const measure::RequestGroup& group) {
  if (group.requests == 0) return 0;
  return static_cast<double>(group.latency_ns) / static_cast<double>(group.requests);
}

TailCauses tail_of(const measure::Tail& tail) {
  return {.requests = tail.requests,
          .slow = tail.slow.requests,
          .without = tail.slow.without,
          .p99_9_ns = tail.p99_9_ns,
          .slow_latency_ns = mean_latency_ns(tail.slow),
          .typical_latency_ns = mean_latency_ns(tail.typical),
          .slow_times = mean_times(tail.slow),
          .typical_times = mean_times(tail.typical)};
}

void put_missing(const Trial& trial, Causes& causes) {
  for (const auto& [name, reason] : trial.profile->unreadable) {
    std::string line = name + ": " + reason;
    if (std::ranges::find(causes.missing, line) == causes.missing.end()) {
      causes.missing.push_back(std::move(line));
    }
  }
}

}  // namespace

MeanTimes mean_times(const measure::RequestGroup& group) {
  MeanTimes means{};
  if (group.requests == 0) return means;
  for (std::size_t i = 0; i < means.size(); ++i) {
    means[i] = static_cast<double>(group.sum(static_cast<Activity>(i))) /
               static_cast<double>(group.requests);
  }
  return means;
}

double TailCauses::share_of_excess(Activity activity) const {
  double all = 0;
  const auto excess = [this](std::size_t i) {
    return std::max(slow_times[i] - typical_times[i], 0.0);
  };
  for (std::size_t i = 0; i < slow_times.size(); ++i) all += excess(i);
  return all > 0 ? excess(static_cast<std::size_t>(activity)) / all : 0;
}

Causes causes_of(const result::Cell& cell) {
  Causes causes{.strategy = cell.strategy};
  if (const Trial* const count = latest(cell, TrialKind::count)) {
    put_counts(*count, causes);
    causes.batches = batches_of(*count);
    put_missing(*count, causes);
  }
  if (const Trial* const trace = latest(cell, TrialKind::trace)) {
    const measure::Profile& profile = *trace->profile;
    if (profile.off_cpu) {
      causes.waits = waits_of(*profile.off_cpu, requests_of(*trace));
    }
    causes.in_flight = distribution_of(profile.in_flight);
    if (profile.tail && profile.tail->slow.requests > 0) causes.tail = tail_of(*profile.tail);
    put_missing(*trace, causes);
  }
  return causes;
}

}  // namespace asyncbench::analyze
