// Cells whose trials have chosen figures, for tests of what is compared.
#pragma once

#include <string>
#include <vector>

#include "result/from_recording.hpp"
#include "result/result.hpp"

namespace asyncbench::analyze {

struct Figures {
  double throughput_per_s = 100'000;
  std::int64_t latency_ns = 100'000;
  std::int64_t cpu_ns = 5'000;   // per request, of the subject
  std::int64_t peer_ns = 5'000;  // per request, of the peer
};

inline result::Trial trial_of(const Figures& figures, std::int64_t block) {
  const auto requests = static_cast<std::int64_t>(figures.throughput_per_s);
  result::Trial trial{.block = block, .valid = true, .window_ns = 1'000'000'000};
  trial.outcomes[0] = static_cast<std::uint64_t>(requests);
  trial.throughput_per_s = figures.throughput_per_s;
  measure::Histogram latencies;
  latencies.record(figures.latency_ns, 1000);
  trial.service_time = result::latency_of(latencies);
  trial.subject = {.cpu_user_ns = 0, .cpu_system_ns = requests * figures.cpu_ns};
  trial.peer = result::Usage{.cpu_user_ns = 0, .cpu_system_ns = requests * figures.peer_ns};
  return trial;
}

inline result::Cell cell_named(std::string strategy, result::Values parameters = {}) {
  result::Cell cell{.workload = "fetch", .strategy = std::move(strategy)};
  cell.parameters = std::move(parameters);
  cell.id = result::cell_id(cell.workload, cell.strategy, cell.parameters);
  return cell;
}

inline result::Cell under(std::string_view build, std::string strategy = "uring") {
  return cell_named(std::move(strategy),
                    {{std::string(result::kBuildParameter), std::string(build)}});
}

// Noise of a few percent without a trend, the same for the same i.
inline double noise(std::int64_t i, double share = 0.02) {
  static constexpr double kSteps[] = {0.3, -0.9, 0.6, -0.2, 1.0, -0.5, 0.1, -0.7, 0.8, -0.4};
  return 1 + share * kSteps[static_cast<std::size_t>(i) % 10];
}

}  // namespace asyncbench::analyze
