#include "analyze/figures.hpp"

#include <algorithm>
#include <cmath>

#include "analyze/statistics.hpp"
#include "result/from_recording.hpp"

namespace asyncbench::analyze {
namespace {

using result::Latency;
using result::Summary;
using result::Trial;

constexpr std::array<FigureInfo, kFigures> kInfos = {{
    {Figure::throughput, "throughput_per_s", "throughput", "throughput", true,
     &Summary::throughput_per_s},
    {Figure::service_p50, "service_time_p50_ns", "service time p50", "p50", false,
     &Summary::service_time_p50_ns},
    {Figure::service_p99, "service_time_p99_ns", "service time p99", "p99", false,
     &Summary::service_time_p99_ns},
    {Figure::response_p50, "response_time_p50_ns", "response time p50", "resp p50", false,
     &Summary::response_time_p50_ns},
    {Figure::response_p99, "response_time_p99_ns", "response time p99", "resp p99", false,
     &Summary::response_time_p99_ns},
    {Figure::cpu, "cpu_per_request_ns", "CPU per request", "CPU/request", false,
     &Summary::cpu_per_request_ns},
    {Figure::total_cpu, "cpu_per_request_total_ns", "total CPU per request", "total CPU", false,
     &Summary::cpu_per_request_total_ns},
}};

std::optional<double>& at(TrialFigures& figures, Figure figure) {
  return figures[static_cast<std::size_t>(figure)];
}

void put_percentiles(TrialFigures& figures, Figure p50, Figure p99,
                     const std::optional<Latency>& completed,
                     const std::optional<Latency>& unfinished) {
  if (!completed || completed->count == 0) return;
  const CensoredLatencies latencies(
      result::distribution_of(*completed),
      unfinished ? result::distribution_of(*unfinished) : measure::Distribution{});
  if (latencies.completed.empty()) return;
  at(figures, p50) = static_cast<double>(latencies.at(50));
  at(figures, p99) = static_cast<double>(latencies.at(99));
}

std::optional<double> median_peer_cpu_ns(const result::Cell& cell) {
  std::vector<double> values;
  for (const Trial& trial : cell.trials) {
    if (trial.kind != result::TrialKind::timed || !trial.valid) continue;
    if (const auto value = per_request(trial, peer_cpu_ns(trial))) values.push_back(*value);
  }
  if (values.empty()) return std::nullopt;
  return median(values);
}

}  // namespace

const FigureInfo& info_of(Figure figure) { return kInfos[static_cast<std::size_t>(figure)]; }

std::optional<double> per_request(const Trial& trial, std::optional<std::int64_t> amount) {
  const std::uint64_t requests = trial.ended();
  if (!amount || requests == 0) return std::nullopt;
  return static_cast<double>(*amount) / static_cast<double>(requests);
}

std::optional<std::int64_t> peer_cpu_ns(const Trial& trial) {
  return trial.peer ? trial.peer->cpu_ns() : std::nullopt;
}

std::optional<double> peer_cpu_ratio(const result::Cell& a, const result::Cell& b) {
  const auto of_a = median_peer_cpu_ns(a);
  const auto of_b = median_peer_cpu_ns(b);
  if (of_a.value_or(0) <= 0 || of_b.value_or(0) <= 0) return std::nullopt;
  return std::max(*of_a, *of_b) / std::min(*of_a, *of_b);
}

std::optional<std::int64_t> context_switches(const Trial& trial) {
  const auto& voluntary = trial.subject.context_switches_voluntary;
  const auto& involuntary = trial.subject.context_switches_involuntary;
  if (!voluntary || !involuntary) return std::nullopt;
  return *voluntary + *involuntary;
}

TrialFigures figures_of(const Trial& trial) {
  TrialFigures figures;
  if (trial.throughput_per_s > 0) at(figures, Figure::throughput) = trial.throughput_per_s;
  put_percentiles(figures, Figure::service_p50, Figure::service_p99, trial.service_time,
                  trial.censored_service_time);
  put_percentiles(figures, Figure::response_p50, Figure::response_p99, trial.response_time,
                  trial.censored_response_time);
  const std::optional<std::int64_t> own = trial.subject.cpu_ns();
  const std::optional<std::int64_t> peer = peer_cpu_ns(trial);
  at(figures, Figure::cpu) = per_request(trial, own);
  if (own && peer) at(figures, Figure::total_cpu) = per_request(trial, *own + *peer);
  return figures;
}

CellFigures figures_of(const result::Cell& cell) {
  CellFigures figures;
  for (const Trial& trial : cell.trials) {
    if (trial.kind != result::TrialKind::timed || !trial.valid) continue;
    figures.insert_or_assign(trial.block, figures_of(trial));
  }
  return figures;
}

std::vector<double> log_ratios(const CellFigures& reference, const CellFigures& other,
                               Figure figure) {
  const auto index = static_cast<std::size_t>(figure);
  const double worse = info_of(figure).higher_is_better ? -1 : 1;
  std::vector<double> ratios;
  for (const auto& [block, figures] : reference) {
    const auto found = other.find(block);
    if (found == other.end()) continue;
    const double a = figures[index].value_or(0);
    const double b = found->second[index].value_or(0);
    if (a > 0 && b > 0) ratios.push_back(worse * (std::log(b) - std::log(a)));
  }
  return ratios;
}

std::optional<double> median_of(const CellFigures& figures, Figure figure) {
  std::vector<double> values;
  for (const auto& [block, trial] : figures) {
    if (const auto& value = trial[static_cast<std::size_t>(figure)]) values.push_back(*value);
  }
  if (values.empty()) return std::nullopt;
  return median(values);
}

}  // namespace asyncbench::analyze
