#include "example.hpp"

#include "result/from_recording.hpp"

namespace asyncbench::result {
namespace {

measure::Histogram some_latencies() {
  measure::Histogram histogram;
  for (int i = 1; i <= 1000; ++i) histogram.record(i * 1000);
  return histogram;
}

Trial timed_trial(std::int64_t block) {
  Trial trial{.block = block, .valid = true, .started = "2026-11-20T22:05:01Z", .seed = 1};
  trial.notes = {{"cpu_idle", "cpu_dma_latency: EACCES"}};
  trial.invariant(Invariant::requests_balance) = true;
  trial.invariant(Invariant::littles_law) = false;
  trial.warm_up_ns = 300'000'000;
  trial.window_ns = 800'000'000;
  trial.outcomes[static_cast<std::size_t>(Outcome::ok)] = 1000;
  trial.outcomes[static_cast<std::size_t>(Outcome::reset)] = 2;
  trial.throughput_per_s = 1250;
  trial.offered_per_s = 1300.5;
  trial.censored = 64;
  trial.not_started = 3;
  trial.attempts = 1066;
  trial.in_flight_max = 64;
  trial.body_bytes = 12000;
  trial.service_time = latency_of(some_latencies());
  trial.censored_service_time = latency_of(some_latencies());
  trial.subject = {.cpu_user_ns = 1,
                   .cpu_system_ns = 2,
                   .context_switches_voluntary = 3,
                   .context_switches_involuntary = 4,
                   .memory_peak_bytes = 5,
                   .cpus = {1},
                   .unreadable = {{"syscalls", "open tracepoint: EACCES; run as root"}}};
  trial.peer = Usage{.cpu_user_ns = 7, .cpu_system_ns = 8};
  trial.peer_processes = std::vector<PeerProcess>{
      {.connections = 32, .requests = 501, .ok = 500, .usage = *trial.peer},
      {.connections = 32, .start_lag_p99_ns = 9}};
  trial.server = measure::ServerTotals{.connections = 64, .requests = 1002, .responses = 1002};
  trial.disturbance = {.steal_ns = 0,
                       .throttled_ns = 3,
                       .canary_before_ns = 100,
                       .canary_after_ns = 101,
                       .canary_alone_ns = 90};
  // Results of before the canaries in rests, and those of which one was late, have none.
  trial.turns = {.length_ns = 50,
                 .rest_ns = 10,
                 .lead_in_ns = 5,
                 .sitting_ns = 240,
                 .overran = 1,
                 .rounds = {{.start_ns = 10,
                             .requests = 21,
                             .completions = 19,
                             .latencies = 18,
                             .latency_sum_ns = 170,
                             .subject_cpu_ns = 40,
                             .peer_cpu_ns = 41,
                             .canary_ns = 102},
                            {.start_ns = 130, .requests = 22}}};
  trial.slices = {{500, 1000}, {502, 1001}};
  trial.coarse_slices = {{{3, 7}, {9, 1}}, {}};
  trial.lanes = {{.wakeups = 9,
                  .completions = 10,
                  .counters = {{"cq_overflows", 1}},
                  .granted = {"DEFER_TASKRUN"},
                  .refused = {"SQPOLL: EPERM"}}};
  return trial;
}

}  // namespace

Result example_result() {
  Result result;
  result.run = {.id = "run-1",
                .started = "2026-11-20T22:05:00Z",
                .finished = "2026-11-20T22:06:00Z",
                .seed = 18446744073709551615U,
                .complete = true,
                .command = {"asyncbench", "run", "fetch"},
                .version = "0.1.0",
                .notes = {{"interrupted", "by SIGINT"}}};
  result.environment.facts = {{"kernel", "6.1"},
                              {"cpu", "A CPU"},
                              {"cpus", std::int64_t{2}},
                              {"governor", std::monostate{}},
                              {"flags", std::vector<std::string>{"avx", "sse"}},
                              {"frequency_ghz", 3.5},
                              {"virtual", true}};
  result.environment.libraries = {{"liburing", "2.3"}};
  result.environment.unreadable = {{"governor", "no such file"}};
  result.plan = {.suite = "quick",
                 .trials = 6,
                 .warm_up_ns = 300'000'000,
                 .window_ns = 800'000'000,
                 .grace_ns = 2'000'000'000,
                 .peer_strategy = "uring",
                 .subject_cpus = {1},
                 .peer_cpus = {0},
                 .cpu_idle = "poll",
                 .options = {{"verify", "sample"}, {"threads", std::int64_t{1}}}};
  Cell cell{.workload = "fetch",
            .strategy = "uring",
            .parameters = {{"connections", std::int64_t{64}},
                           {"body_bytes", std::int64_t{12}},
                           {"arrivals", "closed"},
                           {"keep_alive", true},
                           {"share", 0.5}}};
  cell.id = cell_id(cell.workload, cell.strategy, cell.parameters);
  cell.strategy_info = {.name = "uring",
                        .summary = "io_uring",
                        .library = "liburing 2.3",
                        .waits = "io_uring_enter",
                        .files = "io_uring",
                        .options = {{"receive_buffer_bytes", "32768"}}};
  cell.trials = {timed_trial(0), timed_trial(1)};
  Trial crashed{.block = 2, .status = TrialStatus::crashed, .reason = "subject: SIGSEGV"};
  cell.trials.push_back(crashed);
  Trial count{.block = 3, .kind = TrialKind::count, .valid = true, .window_ns = 800'000'000};
  count.subject.syscalls = 17;
  cell.trials.push_back(count);
  Trial profiled{.block = 1, .kind = TrialKind::profile, .valid = true, .window_ns = 800'000'000};
  measure::Profile& profile = profiled.profile.emplace();
  profile.on_cpu = measure::OnCpu{.event = "cpu-clock",
                                  .frequency_hz = 999,
                                  .period_ns = 1'001'001,
                                  .kernel = true,
                                  .lost = 3,
                                  .program = "asyncbench",
                                  .stacks = {.functions = {{"asyncbench", "[thread]"}, {"f", "a"}},
                                             .nodes = {{-1, 0, 2}, {0, 1, 5}}}};
  profile.calls = measure::Calls{.in_window = {{"recvfrom", 1002}},
                                 .in_job = {{"recvfrom", 1066}, {"epoll_wait", 9}},
                                 .missed = 1};
  profile.requests = 1000;
  profile.migrations = 2;
  profile.off_cpu = measure::OffCpu{
      .reasons_known = true,
      .reasons = {{.name = "epoll_wait", .count = 9, .total_ns = 12345}},
      .preemptions = 1,
      .run_queue_ns = 67,
      .lost = 2,
      .stacks = {.functions = {{"asyncbench", "[thread]"}}, .nodes = {{-1, 0, 12345}}}};
  profile.tail.emplace() = {
      .requests = 1000,
      .p99_9_ns = 900,
      .slow = {.requests = 1, .without = 1, .latency_ns = 900},
      .slowest = {{.task = 3, .thread = 12, .intended_ns = 5, .begun_ns = 10, .ended_ns = 905}},
      .excerpt = {.turns = {{.start_ns = 10, .end_ns = 12, .task = 3, .thread = 12}},
                  .absences = {{.thread = 12, .out_ns = 20, .woken_ns = 30, .in_ns = 31}},
                  .reasons = {"unknown"}}};
  profile.tail->slow.phases[1][2] = 900;
  profile.batches = {{1, 7}, {128, 2}};
  profile.in_flight = {{64, 1000}};
  profile.unreadable = {{"on_cpu.symbols", "kernel.kptr_restrict"}};
  cell.trials.push_back(profiled);
  Summary summary{.trials_valid = 2, .trials_timed = 3};
  summary.figures = {
      {"throughput_per_s", Estimate{.median = 1250,
                                    .low = 1200,
                                    .high = 1300,
                                    .interval = IntervalKind::range,
                                    .trials = 2,
                                    .at_least = true}},
      {"heartbeat_lag_p99_ns", Estimate{.median = 7, .low = 7, .high = 7, .trials = 1}}};
  summary.notes = {{"few_trials", "2"}};
  cell.summary = summary;
  result.cells.push_back(cell);

  Cell refused{.id = "serve/strategy:curl_multi",
               .workload = "serve",
               .strategy = "curl_multi",
               .status = CellStatus::unsupported,
               .reason = "libcurl has no server",
               .generator = Side::peer};
  result.cells.push_back(refused);
  return result;
}

}  // namespace asyncbench::result
