// The cost of comparing a large result: 500 cells of 20 trials, with their histograms.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "analyze/comparison.hpp"
#include "analyze/summary.hpp"
#include "measure/histogram.hpp"
#include "report/result_text.hpp"
#include "result/from_recording.hpp"
#include "result/store.hpp"

namespace asyncbench {
namespace {

constexpr int kStrategies = 10;
constexpr int kGroups = 50;
constexpr std::int64_t kTrials = 20;
constexpr std::size_t kSlices = 150;  // a window of 3 s

// Latencies roughly like those of a closed loop of 64.
measure::Histogram latencies(std::mt19937_64& random, int count) {
  std::lognormal_distribution<double> latency_ns(std::log(900e3), 0.4);
  measure::Histogram histogram;
  for (int i = 0; i < count; ++i) histogram.record(static_cast<std::int64_t>(latency_ns(random)));
  return histogram;
}

// To compress histograms takes longer than everything that is measured here, so trials share some.
struct Latencies {
  std::vector<std::optional<result::Latency>> ended;
  std::vector<std::optional<result::Latency>> unfinished;

  explicit Latencies(std::mt19937_64& random) {
    constexpr int kDifferent = 50;
    for (int i = 0; i < kDifferent; ++i) {
      ended.push_back(result::latency_of(latencies(random, 50'000)));
      unfinished.push_back(result::latency_of(latencies(random, 64)));
    }
  }
};

result::Trial trial_of(std::int64_t block, const Latencies& latencies, std::mt19937_64& random) {
  const double speed = std::lognormal_distribution<double>(0, 0.03)(random);
  const std::size_t pick = random() % latencies.ended.size();
  result::Trial trial{.block = block, .valid = true, .started = "2026-11-20T22:05:01Z", .seed = 1};
  trial.invariants.fill(true);
  trial.warm_up_ns = 1'000'000'000;
  trial.window_ns = 3'000'000'000;
  trial.outcomes[static_cast<std::size_t>(Outcome::ok)] = 50'000;
  trial.throughput_per_s = 50'000 / 3.0 * speed;
  trial.censored = 64;
  trial.attempts = 50'064;
  trial.in_flight_max = 64;
  trial.service_time = latencies.ended[pick];
  trial.time_to_first_byte = latencies.ended[random() % latencies.ended.size()];
  trial.censored_service_time = latencies.unfinished[pick];
  trial.subject = {.cpu_user_ns = static_cast<std::int64_t>(0.7e9 / speed),
                   .cpu_system_ns = static_cast<std::int64_t>(2.1e9 / speed),
                   .context_switches_voluntary = 1000,
                   .context_switches_involuntary = 40,
                   .memory_peak_bytes = 9'000'000,
                   .run_queue_wait_ns = 1'000'000,
                   .threads_peak = 3,
                   .cpus = {1},
                   .unreadable = {{"syscalls", "only count trials count them"}}};
  trial.peer = trial.subject;
  trial.server = measure::ServerTotals{.connections = 64, .requests = 60'000, .responses = 60'000};
  trial.disturbance = {.steal_ns = 0,
                       .softirq_ns = 300'000'000,
                       .pressure_cpu_ns = 50'000,
                       .canary_before_ns = 10'000'000,
                       .canary_after_ns = 10'010'000,
                       .unreadable = {{"frequency_khz", "open: ENOENT"}}};
  std::poisson_distribution<std::uint64_t> completions(333);
  for (std::size_t i = 0; i < kSlices; ++i) {
    trial.slices.push_back({completions(random), 21'333'333});
  }
  for (int i = 0; i < 15; ++i) {
    trial.coarse_slices.push_back({{80, 20}, {81, 600}, {82, 2000}, {83, 600}, {84, 90}, {90, 1}});
  }
  trial.lanes = {{.wakeups = 9000,
                  .completions = 100'000,
                  .counters = {{"requests", 50'000}, {"sends", 50'000}},
                  .granted = {"DEFER_TASKRUN"},
                  .refused = {}}};
  return trial;
}

result::Result large_result() {
  std::mt19937_64 random(1);
  const Latencies latencies(random);
  result::Result result;
  result.run = {.id = "bench", .started = "2026-11-20T22:05:00Z", .complete = true};
  result.plan = {.trials = kTrials, .window_ns = 3'000'000'000, .peer_strategy = "uring"};
  for (std::int64_t group = 0; group < kGroups; ++group) {
    for (int strategy = 0; strategy < kStrategies; ++strategy) {
      result::Cell cell{.workload = "fetch",
                        .strategy = fmt::format("strategy_{}", strategy),
                        .parameters = {{"connections", group + 1}}};
      cell.id = result::cell_id(cell.workload, cell.strategy, cell.parameters);
      cell.strategy_info = {.name = cell.strategy, .summary = "of a benchmark"};
      for (std::int64_t block = 0; block < kTrials; ++block) {
        cell.trials.push_back(trial_of(block, latencies, random));
      }
      result.cells.push_back(std::move(cell));
    }
  }
  return result;
}

// The file of the result, which is made once and removed at the program's end.
class LargeFile {
 public:
  LargeFile() {
    std::string name = (std::filesystem::temp_directory_path() / "asyncbench-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp " + name);
    folder_ = name;
    result::write_atomically(path(), result::serialize(large_result()));
  }
  ~LargeFile() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  LargeFile(const LargeFile&) = delete;
  LargeFile& operator=(const LargeFile&) = delete;

  std::string path() const { return folder_ / "large.json"; }

 private:
  std::filesystem::path folder_;
};

const LargeFile& large_file() {
  static const LargeFile file;
  return file;
}

// Reads the file strictly.
void load_500x20(benchmark::State& state) {
  const std::string path = large_file().path();
  for (auto _ : state) benchmark::DoNotOptimize(result::load(path));
  state.counters["file_bytes"] = static_cast<double>(std::filesystem::file_size(path));
}
BENCHMARK(load_500x20)->Unit(benchmark::kMillisecond);

// Does everything that `asyncbench compare FILE` does: reading, summaries with notes, verdicts,
// text.
void compare_500x20(benchmark::State& state) {
  const std::string path = large_file().path();
  for (auto _ : state) {
    result::Result result = result::load(path).result;
    analyze::summarize(result);
    const analyze::Comparison comparison = analyze::compare_strategies(result);
    benchmark::DoNotOptimize(report::result_text(result, comparison));
  }
}
BENCHMARK(compare_500x20)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace asyncbench

BENCHMARK_MAIN();
