#include "report/table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <sstream>

#include "analyze/summary.hpp"
#include "golden.hpp"
#include "report/format.hpp"
#include "result/from_recording.hpp"

namespace asyncbench::report {
namespace {

using result::Cell;
using result::Trial;
using testing::HasSubstr;
using testing::Not;

struct Figures {
  double throughput_per_s;
  std::int64_t latency_ns;
  std::int64_t cpu_ns;  // per request
};

Trial trial_with(const Figures& figures, std::int64_t block) {
  const auto requests = static_cast<std::uint64_t>(figures.throughput_per_s) +
                        1000 * static_cast<std::uint64_t>(block);
  const auto signed_requests = static_cast<std::int64_t>(requests);
  Trial trial{.block = block, .valid = true, .window_ns = 1'000'000'000};
  trial.outcomes[0] = requests;
  trial.throughput_per_s = static_cast<double>(requests);
  measure::Histogram latencies;
  for (std::uint64_t i = 0; i < requests; ++i) {
    latencies.record(figures.latency_ns + static_cast<std::int64_t>(i % 1000) * (100 + block));
  }
  trial.service_time = result::latency_of(latencies);
  trial.subject = {.cpu_user_ns = signed_requests * (figures.cpu_ns / 4),
                   .cpu_system_ns = signed_requests * (figures.cpu_ns - figures.cpu_ns / 4),
                   .context_switches_voluntary = signed_requests / 50,
                   .context_switches_involuntary = block,
                   .cpus = {1}};
  trial.peer =
      result::Usage{.cpu_user_ns = 0, .cpu_system_ns = signed_requests * 5650, .cpus = {0}};
  return trial;
}

Cell measured(std::string workload, std::string strategy, const Figures& figures) {
  Cell cell{.workload = std::move(workload), .strategy = std::move(strategy)};
  cell.parameters = {{"connections", std::int64_t{64}}, {"body_bytes", std::int64_t{12}}};
  cell.id = result::cell_id(cell.workload, cell.strategy, cell.parameters);
  for (int block = 0; block < 6; ++block) cell.trials.push_back(trial_with(figures, block));
  Trial count = trial_with(figures, 6);
  count.kind = result::TrialKind::count;
  count.subject.syscalls = static_cast<std::int64_t>(count.ended()) * 2;
  cell.trials.push_back(count);
  return cell;
}

result::Result example() {
  result::Result result;
  result.run.started = "2026-11-20T22:05:00Z";
  result.run.complete = true;
  result.plan = {.trials = 6, .warm_up_ns = 300'000'000, .window_ns = 1'000'000'000};
  result.environment.facts = {
      {"cpu", "AMD EPYC"}, {"cpus", std::int64_t{2}}, {"kernel", "Linux 6.1"}};
  result.cells.push_back(measured("fetch", "thread_per_connection", {48'000, 430'000, 6600}));
  result.cells.push_back(measured("fetch", "uring", {78'000, 350'000, 4900}));
  result.cells.push_back(measured("fetch", "asio", {75'000, 355'000, 5300}));
  result.cells.push_back(measured("serve", "uring", {39'000, 250'000, 4100}));
  result.cells.back().generator = result::Side::peer;
  for (Trial& trial : result.cells.back().trials) trial.peer->cpu_system_ns = 990'000'000;
  result.cells.push_back(measured("serve", "asio", {39'500, 260'000, 5400}));
  result.cells.back().generator = result::Side::peer;
  Cell unsupported = measured("serve", "curl_multi", {1, 1, 1});
  unsupported.trials.clear();
  unsupported.status = result::CellStatus::unsupported;
  unsupported.reason = "libcurl is a client library; it cannot serve";
  result.cells.push_back(unsupported);
  Cell failed = unsupported;
  failed.strategy = "thread_per_request";
  failed.status = result::CellStatus::failed;
  failed.reason = "the subject crashed: \033[31mSIGSEGV; see its core dump with coredumpctl";
  result.cells.push_back(failed);
  analyze::summarize(result);
  return result;
}

TEST(Table, LooksLikeTheGoldenFile) { expect_golden("table.txt", table(example())); }

TEST(Table, FitsItsWidth) {
  for (const std::size_t width : {60U, 80U, 120U}) {
    std::istringstream lines(table(example(), {.width = width}));
    for (std::string line; std::getline(lines, line);) {
      EXPECT_LE(display_width(line), width) << line;
    }
  }
}

TEST(Table, SaysWhichStrategiesShareWhatPerformsTheirFiles) {
  result::Result result = example();
  const auto files_of = [&](std::size_t cell, const char* name, const char* files) {
    result.cells[cell].strategy_info = {.name = name, .files = files};
  };
  files_of(0, "epoll", "the shared pool");
  files_of(1, "uring", "io_uring");
  files_of(2, "asio", "the shared pool");
  files_of(4, "asio", "the shared pool");
  EXPECT_THAT(table(result, {.width = 200}),
              HasSubstr("- Files are performed by the shared pool under epoll, asio; by io_uring "
                        "under uring.\n"));
  EXPECT_THAT(table(example()), Not(HasSubstr("Files are performed")));
}

TEST(Table, ShowsNoControlCharactersOfForeignText) {
  EXPECT_THAT(table(example()), Not(HasSubstr("\033")));
}

TEST(Table, EmboldensTheBestOnlyWhenAsked) {
  EXPECT_THAT(table(example(), {.color = true}), HasSubstr("\033[1muring"));
}

TEST(Table, ShowsResponseTimesInOpenLoop) {
  result::Result result = example();
  for (Trial& trial : result.cells[0].trials) trial.response_time = trial.service_time;
  analyze::summarize(result);
  EXPECT_THAT(table(result), HasSubstr("resp p99"));
}

TEST(Table, OfAnEmptyResultIsNoError) { EXPECT_FALSE(table(result::Result{}).empty()); }

TEST(Color, IsForTerminalsOnly) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  EXPECT_FALSE(wants_color(ends[1]));
  ::close(ends[0]);
  ::close(ends[1]);
}

}  // namespace
}  // namespace asyncbench::report
