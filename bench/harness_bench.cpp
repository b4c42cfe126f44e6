// What the harness itself costs: recording, parsing, pacing, and one request under `null`.
#include <benchmark/benchmark.h>

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "core/job.hpp"
#include "http/body.hpp"
#include "http/head_policy.hpp"
#include "http/request_reader.hpp"
#include "http/response_head.hpp"
#include "http/response_reader.hpp"
#include "load/arrivals.hpp"
#include "measure/recorder.hpp"
#include "measured_job.hpp"
#include "repeat_task.hpp"
#include "strategies/null/null.hpp"
#include "workloads/file_run.hpp"
#include "workloads/http_client.hpp"

namespace asyncbench {
namespace {

constexpr std::string_view kRequest =
    "GET /bytes/12 HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nUser-Agent: asyncbench\r\nAccept: "
    "*/*\r\n\r\n";

std::string response_head(std::uint64_t body_bytes) {
  std::string head;
  http::DateField date;
  http::append_head(head, {.content_length = body_bytes}, date.at(now()));
  return head;
}

// The origin's whole answer to `target`.
std::string response_to(std::string_view target, std::uint64_t body_bytes) {
  std::string response = response_head(body_bytes);
  const auto body = http::body_slice(http::body_phase(target), 0, body_bytes);
  response.append(reinterpret_cast<const char*>(body.data()), body.size());
  return response;
}

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

void record_latency(benchmark::State& state) {
  measure::Histogram histogram;
  std::int64_t ns = 1;
  for (auto _ : state) {
    histogram.record(ns);
    ns = ns * 5 % 1'000'003;
  }
  benchmark::DoNotOptimize(histogram);
}
BENCHMARK(record_latency);

void record_request(benchmark::State& state) {
  measure::Window window;
  window.start_ns = 0;
  measure::Recorder recorder(window, {.window_expected = std::chrono::seconds(1)});
  const Time begun = now();
  std::int64_t ns = 1;
  for (auto _ : state) {
    recorder.begun(begun);
    recorder.ended({.outcome = Outcome::ok,
                    .begun = begun,
                    .first_byte = begun + Duration(ns),
                    .ended = begun + Duration(ns),
                    .body_bytes = 12});
    ns = ns * 5 % 1'000'003;
  }
}
BENCHMARK(record_request);

void read_clock(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(now());
}
BENCHMARK(read_clock);

void check_response_head(benchmark::State& state) {
  const std::string head = response_head(12);
  http::ResponseHeadPolicy policy;
  for (auto _ : state) {
    policy.begin(http::Method::get);
    benchmark::DoNotOptimize(policy.head(head));
  }
}
BENCHMARK(check_response_head);

void parse_response(benchmark::State& state) {
  const auto body_bytes = static_cast<std::uint64_t>(state.range(0));
  const std::string target = "/bytes/" + std::to_string(body_bytes);
  const std::string response = response_to(target, body_bytes);
  http::BodyExpectation expectation = http::BodyExpectation::of_origin(target);
  http::BodyCheck check;
  http::ResponseReader reader;
  for (auto _ : state) {
    check.begin(expectation, false);
    reader.begin(http::Method::get, check);
    const auto fed = reader.feed(bytes_of(response));
    if (fed.state != http::ResponseReader::State::done || !check.end(false)) {
      state.SkipWithError("the response was not accepted");
      break;
    }
  }
}
BENCHMARK(parse_response)->ArgName("body_bytes")->Arg(12)->Arg(1024);

void parse_request(benchmark::State& state) {
  http::RequestReader reader;
  for (auto _ : state) {
    const auto fed = reader.feed(bytes_of(kRequest));
    if (fed.state != http::RequestReader::State::ready) {
      state.SkipWithError("the request was not accepted");
      break;
    }
    reader.next();
  }
}
BENCHMARK(parse_request);

void take_arrival(benchmark::State& state, load::ArrivalKind kind) {
  load::ArrivalSchedule schedule({.kind = kind, .rate_per_s = 100'000}, 1, now());
  for (auto _ : state) benchmark::DoNotOptimize(schedule.take());
}
BENCHMARK_CAPTURE(take_arrival, constant, load::ArrivalKind::constant);
BENCHMARK_CAPTURE(take_arrival, poisson, load::ArrivalKind::poisson);

void one_operation_under_null(benchmark::State& state) {
  const auto strategy = make_null();
  while (state.KeepRunningBatch(state.max_iterations)) {
    MeasuredJob measured(state);
    Job job;
    job.tasks.push_back(std::make_unique<RepeatTask>(
        op::Begin{}, static_cast<std::uint64_t>(state.max_iterations), measured));
    measured.run(*strategy, job);
  }
}
BENCHMARK(one_operation_under_null);

// A closed loop, recorded and verified as by default: everything except the I/O.
void one_request_under_null(benchmark::State& state) {
  const auto strategy = make_null();
  const workloads::HttpParameters parameters{.connections = 1};
  const std::string reply = response_to(parameters.origin_target(), parameters.body_bytes);
  while (state.KeepRunningBatch(state.max_iterations)) {
    state.PauseTiming();
    const auto requests = static_cast<std::uint64_t>(state.max_iterations);
    workloads::ClientRun run(
        {.parameters = parameters, .targets = workloads::origin_targets(parameters, 1)},
        {.window_expected = std::chrono::seconds(1), .request_budget = requests});
    run.load().window().start_ns = 0;
    LaneReport lane;
    Job job{.tasks = run.make_tasks(false), .lanes = {&lane, 1}, .canned_reply = bytes_of(reply)};
    state.ResumeTiming();
    strategy->run(job);
    state.PauseTiming();
    const auto recording = run.load().take();
    if (recording.ended_in(measure::Phase::window) != requests ||
        recording.failed_time.count() > 0) {
      state.SkipWithError("not every request ended well");
    }
    state.ResumeTiming();
  }
}
BENCHMARK(one_request_under_null);

// One block of a file, recorded. Every operation ends at once, so this is the cost of the task
// itself. There is no content to compare.
void one_block(benchmark::State& state, bool writes) {
  constexpr std::uint64_t kBlockBytes = 4096;
  workloads::FileRun run(
      {.parameters = {.file_bytes = 1 << 20, .block_bytes = kBlockBytes, .writes = writes},
       .verify = writes ? workloads::Verify::sample : workloads::Verify::none,
       .folder = "."},
      {.window_expected = std::chrono::seconds(1)});
  run.load().window().start_ns = 0;
  const auto tasks = run.make_tasks();
  Task& task = *tasks.front();
  task.start(0);
  task.resume({});  // Begin has ended; the next call ends Open
  task.resume({.size = 0});
  for (auto _ : state) {
    if (kind_of(task.resume({.size = kBlockBytes})) != OpKind::begin) {
      state.SkipWithError("the block was not the request's last");
      break;
    }
    benchmark::DoNotOptimize(task.resume({}));
  }
}
BENCHMARK_CAPTURE(one_block, read, false);
BENCHMARK_CAPTURE(one_block, written, true);

}  // namespace
}  // namespace asyncbench

BENCHMARK_MAIN();
