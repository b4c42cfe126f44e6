#include "workload_bench.hpp"

#include <benchmark/benchmark.h>

#include <cstdio>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "run/run.hpp"
#include "run/selection.hpp"
#include "workloads/parameters.hpp"
#include "workloads/workload.hpp"

namespace asyncbench {

namespace {

// The parameter that is swept: how much is in flight, under the name that a workload has for it. A
// workload without any of these is measured once, at its defaults.
struct Sweep {
  std::string_view parameter;
  std::string_view values;
};
constexpr Sweep kSweeps[] = {
    {"connections", "1,64"}, {"in_flight", "1,32"}, {"timers", "1000,100000"}};

using Chosen = std::map<std::string, std::string>;

std::vector<Chosen> sweep(const workloads::Workload& workload) {
  for (const auto& [name, values] : kSweeps) {
    const auto* const info = workloads::find_parameter(workload.info().parameters, name);
    if (info == nullptr) continue;
    std::vector<Chosen> all;
    for (const auto& value : workloads::parse_values(*info, values)) {
      all.push_back({{std::string(name), workloads::canonical_text(value)}});
    }
    return all;
  }
  return {{}};
}

double cpu_us_per_request(const result::Usage& usage, double requests) {
  return static_cast<double>(usage.cpu_ns().value_or(0)) / 1e3 / requests;
}

void add_counters(benchmark::State& state, const result::Trial& trial, double requests) {
  state.counters["throughput_per_s"] = trial.throughput_per_s;
  if (trial.service_time) {
    state.counters["p50_us"] = static_cast<double>(trial.service_time->p50_ns) / 1e3;
    state.counters["p99_us"] = static_cast<double>(trial.service_time->p99_ns) / 1e3;
    state.counters["p99_9_us"] = static_cast<double>(trial.service_time->p99_9_ns) / 1e3;
  }
  if (trial.subject.cpu_ns()) {
    state.counters["cpu_us"] = cpu_us_per_request(trial.subject, requests);
  }
  if (trial.peer && trial.peer->cpu_ns()) {
    state.counters["peer_cpu_us"] = cpu_us_per_request(*trial.peer, requests);
  }
}

// One batch of all iterations is one trial of exactly so many requests, in fresh processes.
void measure_cell(benchmark::State& state, const run::PlannedCell& cell, run::Settings settings) {
  if (!cell.unsupported.empty()) {
    state.SkipWithError(("unsupported: " + cell.unsupported).c_str());
    return;
  }
  while (state.KeepRunningBatch(state.max_iterations)) {
    settings.requests = static_cast<std::uint64_t>(state.max_iterations);
    const result::Trial trial = run::measure_once(cell, settings);
    const auto requests = static_cast<double>(trial.ended());
    if (trial.status != result::TrialStatus::ok || requests == 0) {
      state.SkipWithError(
          ("failed: " + (trial.reason.empty() ? "the trial is not valid" : trial.reason)).c_str());
      return;
    }
    state.SetIterationTime(static_cast<double>(trial.window_ns) / 1e9);
    add_counters(state, trial, requests);
  }
}

}  // namespace

int workload_bench_main(int argc, char** argv, const std::string& workload,
                        const Registry& registry) {
  if (argc > 1 && std::string_view(argv[1]) == "participant") {
    return run::participant_main(registry);
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  try {
    run::Settings settings;
    settings.warmup = std::chrono::milliseconds(200);
    settings.peer_strategy = run::choose_peer_strategy("", registry);
    settings.pin = run::resolve_pinning({});
    const std::vector<Chosen> points = sweep(run::workload_named(workload));
    for (const auto& strategy : registry.all()) {
      for (const Chosen& parameters : points) {
        const run::PlannedCell cell =
            run::make_cell(workload, strategy->info().name, parameters, registry, settings);
        benchmark::RegisterBenchmark(cell.id.c_str(), measure_cell, cell, settings)
            ->UseManualTime()
            ->Unit(benchmark::kMicrosecond);
      }
    }
    benchmark::RunSpecifiedBenchmarks();
  } catch (const run::UsageError& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
  benchmark::Shutdown();
  return 0;
}

}  // namespace asyncbench
