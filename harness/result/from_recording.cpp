#include "result/from_recording.hpp"

#include <algorithm>
#include <functional>

namespace asyncbench::result {

std::optional<Latency> latency_of(const measure::Histogram& histogram) {
  if (histogram.empty()) return std::nullopt;
  return Latency{.count = histogram.count(),
                 .mean_ns = histogram.mean(),
                 .p50_ns = histogram.value_at_percentile(50),
                 .p90_ns = histogram.value_at_percentile(90),
                 .p99_ns = histogram.value_at_percentile(99),
                 .p99_9_ns = histogram.value_at_percentile(99.9),
                 .p99_99_ns = histogram.value_at_percentile(99.99),
                 .max_ns = histogram.max(),
                 .below_range = histogram.below(),
                 .above_range = histogram.above(),
                 .histogram = histogram.encode()};
}

measure::Histogram histogram_of(const Latency& latency) {
  return measure::Histogram::decode(latency.histogram, latency.below_range, latency.above_range);
}

measure::Distribution distribution_of(const Latency& latency) {
  return measure::Distribution::decode(latency.histogram, latency.below_range, latency.above_range);
}

void put_recording(Trial& trial, const measure::Recording& recording) {
  trial.outcomes = recording.ended[static_cast<std::size_t>(measure::Phase::window)];
  trial.throughput_per_s = trial.window_ns > 0 ? static_cast<double>(trial.outcome(Outcome::ok)) *
                                                     1e9 / static_cast<double>(trial.window_ns)
                                               : 0;
  trial.censored = recording.censored;
  trial.not_started = recording.not_started;
  trial.attempts = recording.attempts;
  trial.in_flight_max = recording.in_flight_max;
  trial.body_bytes = recording.body_bytes;

  trial.service_time = latency_of(recording.service_time);
  trial.response_time = latency_of(recording.response_time);
  trial.connect_time = latency_of(recording.connect_time);
  trial.time_to_first_byte = latency_of(recording.time_to_first_byte);
  trial.failed_time = latency_of(recording.failed_time);
  trial.start_lag = latency_of(recording.start_lag);
  trial.censored_service_time = latency_of(recording.censored_service);
  trial.censored_response_time = latency_of(recording.censored_response);

  if (!recording.failures.empty()) {
    std::ranges::stable_sort(trial.failures.emplace(recording.failures), std::greater<>{},
                             &FailureCount::count);
  }
  trial.slices.clear();
  for (const auto& slice : recording.slices) {
    trial.slices.push_back({slice.completions, slice.service_time_sum_ns});
  }
  trial.coarse_slices.clear();
  for (const auto& counts : recording.coarse) {
    CoarseSlice& slice = trial.coarse_slices.emplace_back();
    for (std::uint32_t bucket = 0; bucket < counts.size(); ++bucket) {
      if (counts[bucket] > 0) slice.emplace_back(bucket, counts[bucket]);
    }
  }
}

PeerProcess client_process(const measure::Recording& recording, const Usage& usage,
                           std::uint64_t connections) {
  PeerProcess process{.connections = connections,
                      .requests = recording.ended_in(measure::Phase::window),
                      .usage = usage};
  process.ok = recording.ended[static_cast<std::size_t>(measure::Phase::window)]
                              [static_cast<std::size_t>(Outcome::ok)];
  if (const auto lag = latency_of(recording.start_lag)) process.start_lag_p99_ns = lag->p99_ns;
  return process;
}

void put_turns(Trial& trial, const measure::Recording& recording,
               const measure::WindowSpan& window) {
  const measure::Turns& times = window.turns.value();
  Turns& turns = trial.turns.emplace();
  turns.length_ns = times.length.count();
  turns.rest_ns = times.rest.count();
  turns.lead_in_ns = times.lead_in.count();
  turns.sitting_ns = window.end_ns.value() - window.start_ns;
  std::uint64_t completions = 0;
  for (std::size_t i = times.warm_up; i < times.size(); ++i) {
    const measure::Recording::TurnCounts& counts = recording.turns.at(i);
    turns.rounds.push_back({.start_ns = times.begins_ns[i] - window.start_ns,
                            .requests = counts.requests,
                            .completions = counts.completions,
                            .latencies = counts.latencies,
                            .latency_sum_ns = counts.latency_sum_ns});
    turns.overran += counts.overran;
    completions += counts.completions;
  }
  const std::int64_t counted_ns =
      (turns.length_ns - turns.lead_in_ns) * static_cast<std::int64_t>(turns.rounds.size());
  trial.throughput_per_s = static_cast<double>(completions) * 1e9 / static_cast<double>(counted_ns);
}

}  // namespace asyncbench::result
