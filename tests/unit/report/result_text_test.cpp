#include "report/result_text.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <regex>
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

std::string text_of(const result::Result& result, const ResultTextOptions& options = {}) {
  return result_text(result, analyze::compare_strategies(result), options);
}

// One point with as many strategies as there are, half of them under the reference.
result::Result of_twelve() {
  result::Result result = example();
  result.cells.resize(1);
  for (int i = 0; i < 11; ++i) {
    const double speed = 0.5 + 0.1 * i;
    result.cells.push_back(measured("fetch", fmt::format("strategy_of_{}", i),
                                    {48'000 * speed, static_cast<std::int64_t>(430'000 / speed),
                                     static_cast<std::int64_t>(6600 / speed)}));
  }
  analyze::summarize(result);
  return result;
}

// So many points of the same strategies.
result::Result of_points(int points) {
  result::Result result = example();
  result.cells.clear();
  for (int i = 0; i < points; ++i) {
    for (result::Cell cell : {example().cells[0], example().cells[1]}) {
      cell.parameters[0].second = std::int64_t{1} << i;
      cell.id = result::cell_id(cell.workload, cell.strategy, cell.parameters);
      result.cells.push_back(std::move(cell));
    }
  }
  analyze::summarize(result);
  return result;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TEST(ResultText, LooksLikeTheGoldenFile) { expect_golden("result.txt", text_of(example())); }

TEST(ResultText, FitsItsWidth) {
  for (const std::size_t width : {60U, 80U, 120U, 200U}) {
    for (const result::Result& result : {example(), of_twelve(), of_points(5)}) {
      for (const bool more : {false, true}) {
        for (const std::string& line : lines_of(text_of(
                 result,
                 {.terminal = {.width = width}, .notes = more, .tables = more, .ratios = more}))) {
          EXPECT_LE(display_width(line), width) << line;
        }
      }
    }
  }
}

TEST(ResultText, OfTwelveStrategiesFitsOnAScreen) {
  EXPECT_LE(lines_of(text_of(of_twelve())).size(), 24U) << text_of(of_twelve());
}

TEST(ResultText, HasARowAStrategyAndTheAnswerLast) {
  const auto lines = lines_of(text_of(of_twelve()));
  const auto begin_with = [&](std::string_view word) {
    return std::ranges::count_if(lines,
                                 [&](const std::string& line) { return line.starts_with(word); });
  };
  EXPECT_EQ(begin_with("strategy_of_"), 11);
  EXPECT_EQ(begin_with("thread_per_connection "), 1);
  EXPECT_EQ(begin_with("strategy "), 1) << "one table";
  for (const char* label : {"ANSWER  ", "BEHIND  ", "NOISE   "}) EXPECT_EQ(begin_with(label), 1);
}

// The order is that of the figure that is shown.
TEST(ResultText, OrdersByTheRatioThatItShows) {
  double last = 1e9;
  for (const std::string& line : lines_of(text_of(of_twelve()))) {
    std::smatch found;
    if (!std::regex_search(line, found, std::regex(R"(  ([0-9.]+) [\[(])"))) continue;
    EXPECT_LE(std::stod(found[1]), last) << line;
    last = std::stod(found[1]);
  }
  EXPECT_LT(last, 1);
}

TEST(ResultText, OfManyPointsHasALineATierInNumericOrder) {
  const std::string text = text_of(of_points(5));
  EXPECT_THAT(text, testing::StartsWith("work per CPU, times thread_per_connection:\n"));
  EXPECT_LT(text.find("connections 2,"), text.find("connections 16,"));
  EXPECT_THAT(text, HasSubstr("  1           thread_per_connection\n"));
  EXPECT_THAT(text, Not(HasSubstr("strategy  ")));
  EXPECT_THAT(text, HasSubstr("ANSWER  uring: fetch (5 of 5)\n"));
  EXPECT_THAT(text_of(of_points(5), {.tables = true}), HasSubstr("strategy  "));
}

TEST(ResultText, FoldsRemarksUnlessTheyAreAskedFor) {
  EXPECT_THAT(text_of(example()), HasSubstr("NOTES   generator_limited (1/5), peers_differ"));
  EXPECT_THAT(text_of(example()), Not(HasSubstr("Compare CPU per request")));
  const std::string all = text_of(example(), {.notes = true});
  EXPECT_THAT(all, HasSubstr("- generator_limited: The load generator was at its limit"));
  EXPECT_THAT(all, HasSubstr("AMD EPYC"));
}

TEST(ResultText, SaysWhichStrategiesShareWhatPerformsTheirFiles) {
  result::Result result = example();
  const auto files_of = [&](std::size_t cell, const char* name, const char* files) {
    result.cells[cell].strategy_info = {.name = name, .files = files};
  };
  files_of(0, "epoll", "the shared pool");
  files_of(1, "uring", "io_uring");
  files_of(2, "asio", "the shared pool");
  files_of(4, "asio", "the shared pool");
  const ResultTextOptions options{.terminal = {.width = 200}, .notes = true};
  EXPECT_THAT(text_of(result, options),
              HasSubstr("- Files are performed by the shared pool under epoll, asio; by io_uring "
                        "under uring.\n"));
  EXPECT_THAT(text_of(example(), options), Not(HasSubstr("Files are performed")));
}

TEST(ResultText, ShowsNoControlCharactersOfForeignText) {
  EXPECT_THAT(text_of(example(), {.notes = true}), Not(HasSubstr("\033")));
}

TEST(ResultText, OfOneStrategyHasNoRatio) {
  result::Result result = example();
  result.cells.resize(1);
  for (const bool ratios : {false, true}) {
    const std::string text = text_of(result, {.ratios = ratios});
    EXPECT_THAT(text, HasSubstr("thread_per_connection 50.5k"));
    EXPECT_THAT(text, Not(HasSubstr("reference")));
    EXPECT_THAT(text, HasSubstr("ANSWER  Only thread_per_connection was measured"));
  }
}

TEST(ResultText, HasColorsOnlyWhenAsked) {
  const std::string colored = text_of(of_twelve(), {.terminal = {.color = true}});
  EXPECT_THAT(colored, HasSubstr("\033[32m"));
  EXPECT_EQ(std::regex_replace(colored, std::regex("\033\\[[0-9]+m"), ""), text_of(of_twelve()));
}

TEST(ResultText, ShowsResponseTimesInOpenLoop) {
  result::Result result = example();
  for (Trial& trial : result.cells[0].trials) trial.response_time = trial.service_time;
  analyze::summarize(result);
  EXPECT_THAT(text_of(result, {.terminal = {.width = 120}}), HasSubstr("resp p99"));
}

TEST(ResultText, OfAnEmptyResultIsNoError) { EXPECT_NO_THROW(text_of(result::Result{})); }

}  // namespace
}  // namespace asyncbench::report
