#include "measure/recorder.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <string>
#include <thread>

#include "measure/server_counters.hpp"

namespace asyncbench::measure {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr auto kOk = static_cast<std::size_t>(Outcome::ok);
constexpr auto kReset = static_cast<std::size_t>(Outcome::reset);
constexpr auto kWarmUp = static_cast<std::size_t>(Phase::warm_up);
constexpr auto kInWindow = static_cast<std::size_t>(Phase::window);
constexpr auto kDrain = static_cast<std::size_t>(Phase::drain);

// A window from 10 s to 11 s of a clock that the tests set.
class RecorderTest : public ::testing::Test {
 protected:
  RecorderTest() {
    window.start_ns = to_ns(start);
    window.end_ns = to_ns(end);
  }

  static RequestRecord request(Time begun, Duration service, Outcome outcome = Outcome::ok) {
    return {.outcome = outcome, .begun = begun, .ended = begun + service, .body_bytes = 12};
  }

  static void run(Recorder& recorder, const RequestRecord& record) {
    recorder.begun(record.begun);
    recorder.ended(record);
  }

  const Time start = Time{seconds(10)};
  const Time end = Time{seconds(11)};
  Window window;
  const RecorderOptions closed{.window_expected = seconds(1)};
  const RecorderOptions open{.open_loop = true, .window_expected = seconds(1)};
};

TEST_F(RecorderTest, CountsAnAnswerWhateverFailedAfterIt) {
  Recorder recorder(window, closed);
  RequestRecord record = request(start, milliseconds(1), Outcome::local_resource);
  run(recorder, record);
  record.failed_after_answer = true;
  run(recorder, record);
  const Recording recording = recorder.take();
  EXPECT_EQ(recording.answered, 1U);
  EXPECT_EQ(recording.answered_body_bytes, 12U);
  EXPECT_EQ(recording.body_bytes, 0U);
}

TEST_F(RecorderTest, CountsARequestInThePhaseInWhichItEnds) {
  Recorder recorder(window, closed);
  run(recorder, request(start - milliseconds(5), milliseconds(1)));
  run(recorder, request(start - milliseconds(5), milliseconds(5)));
  run(recorder, request(end - milliseconds(5), milliseconds(4)));
  run(recorder, request(end - milliseconds(5), milliseconds(5)));
  run(recorder, request(end, milliseconds(1)));
  const Recording recording = recorder.take();
  EXPECT_EQ(recording.ended[kWarmUp][kOk], 1U);
  EXPECT_EQ(recording.ended[kInWindow][kOk], 2U);
  EXPECT_EQ(recording.ended[kDrain][kOk], 2U);
  EXPECT_EQ(recording.begun[kWarmUp], 2U);
  EXPECT_EQ(recording.begun[kInWindow], 2U);
  EXPECT_EQ(recording.begun[kDrain], 1U);
  EXPECT_EQ(recording.in_flight_at_start(), 1U);
  EXPECT_EQ(recording.censored, 1U);
  EXPECT_EQ(recording.service_time.count(), 2U);
  EXPECT_EQ(recording.body_bytes, 24U);
  EXPECT_EQ(recording.answered, 5U);
  EXPECT_EQ(recording.answered_body_bytes, 60U);
  EXPECT_TRUE(recording.balances());
}

TEST_F(RecorderTest, TalliesWhatHasEndedInTheWindowSoFar) {
  Recorder recorder(window, closed);
  run(recorder, request(start - milliseconds(2), milliseconds(1)));
  EXPECT_EQ(recorder.tally().ok, 0U);
  run(recorder, request(start, milliseconds(1)));
  run(recorder, request(start, milliseconds(5), Outcome::reset));
  recorder.begun(start);  // in flight
  Tally tally = recorder.tally();
  EXPECT_EQ(tally.ok, 1U);
  EXPECT_EQ(tally.failed, 1U);
  EXPECT_EQ(tally.latencies.count(), 1U);
  tally.merge(recorder.tally());
  EXPECT_EQ(tally.ok, 2U);
  EXPECT_EQ(tally.latencies.count(), 2U);
}

TEST_F(RecorderTest, TalliesResponseTimesInOpenLoop) {
  Recorder recorder(window, open);
  RequestRecord record = request(start + milliseconds(3), milliseconds(1));
  record.intended = start;
  run(recorder, record);
  EXPECT_NEAR(static_cast<double>(recorder.tally().latencies.max()), 4e6, 4e3);
}

TEST_F(RecorderTest, CountsAStageByEndsAndItsResponseTimesByWhatWasDueInIt) {
  RecorderOptions staged = open;
  staged.stages = {milliseconds(400), milliseconds(600)};
  Recorder recorder(window, staged);
  const auto due = [&](Duration since, Duration response, Outcome outcome = Outcome::ok) {
    RequestRecord record = request(start + since, response, outcome);
    record.intended = record.begun;
    run(recorder, record);
  };
  due(milliseconds(100), milliseconds(1));
  due(milliseconds(399), milliseconds(10));  // due in the first, ended in the second
  due(milliseconds(500), milliseconds(1), Outcome::reset);
  due(milliseconds(990), milliseconds(20));  // unfinished at the end
  recorder.abandoned(start + milliseconds(200));
  Recording recording = recorder.take();
  ASSERT_EQ(recording.stages.size(), 2U);
  EXPECT_EQ(recording.stages[0].ok, 1U);
  EXPECT_EQ(recording.stages[0].unfinished, 1U);
  EXPECT_EQ(recording.stages[0].response_time.count(), 3U);
  EXPECT_EQ(recording.stages[1].ok, 1U);
  EXPECT_EQ(recording.stages[1].failed, 1U);
  EXPECT_EQ(recording.stages[1].unfinished, 1U);
  EXPECT_NEAR(static_cast<double>(recording.stages[1].response_time.max()), 10e6, 10e3);
  recording.merge(recorder.take());
  EXPECT_EQ(recording.stages[0].response_time.count(), 6U);
}

TEST_F(RecorderTest, BeforeTheWindowIsSetEverythingIsWarmUp) {
  Window unset;
  Recorder recorder(unset, closed);
  run(recorder, request(start, milliseconds(1)));
  EXPECT_EQ(recorder.take().ended[kWarmUp][kOk], 1U);
}

TEST_F(RecorderTest, ARequestThatNeverEndsBreaksTheBalance) {
  Recorder recorder(window, closed);
  recorder.begun(start);
  EXPECT_FALSE(recorder.take().balances());
}

TEST_F(RecorderTest, KeepsFailuresOutOfTheLatenciesOfOk) {
  Recorder recorder(window, closed);
  run(recorder, request(start, milliseconds(1)));
  run(recorder, request(start, milliseconds(300), Outcome::reset));
  const Recording recording = recorder.take();
  EXPECT_EQ(recording.ended[kInWindow][kReset], 1U);
  EXPECT_EQ(recording.service_time.count(), 1U);
  EXPECT_EQ(recording.failed_time.count(), 1U);
  EXPECT_GE(recording.failed_time.max(), 300'000'000);
  EXPECT_EQ(recording.answered, 1U);
}

TEST_F(RecorderTest, CountsWhatFailedByOutcomeStatusAndTarget) {
  Recorder recorder(window, closed);
  const std::string page = "/page";
  RequestRecord missing = request(start, milliseconds(1), Outcome::http_status);
  missing.target = &page;
  missing.status = 404;
  run(recorder, missing);
  run(recorder, missing);
  EXPECT_FALSE(recorder.has_succeeded());
  run(recorder, request(start, milliseconds(1), Outcome::reset));
  run(recorder, request(start - seconds(1), milliseconds(1), Outcome::reset));  // in the warm-up
  run(recorder, request(start, milliseconds(1)));
  EXPECT_TRUE(recorder.has_succeeded());
  const FailureCount of_page{
      .outcome = Outcome::http_status, .status = 404, .target = page, .count = 2};
  EXPECT_EQ(recorder.take().failures,
            (std::vector<FailureCount>{of_page, {.outcome = Outcome::reset, .count = 1}}));
  std::vector<FailureCount> all = recorder.failures();
  std::ranges::sort(all, {}, [](const FailureCount& f) { return f.target; });
  EXPECT_EQ(all, (std::vector<FailureCount>{{.outcome = Outcome::reset, .count = 2}, of_page}));
}

TEST_F(RecorderTest, ManyDifferentFailuresAreCountedTogether) {
  std::vector<FailureCount> failures;
  for (int i = 0; i < 1000; ++i) {
    add_failures(failures, Outcome::reset, std::nullopt, "/" + std::to_string(i), 1);
  }
  EXPECT_EQ(failures.size(), kMostFailures + 1);
  std::uint64_t sum = 0;
  for (const FailureCount& failure : failures) sum += failure.count;
  EXPECT_EQ(sum, 1000U);
}

TEST_F(RecorderTest, AddsUpTheTimeInFlightInsideTheWindowAlone) {
  Recorder recorder(window, closed);
  run(recorder, request(start - milliseconds(5), milliseconds(7)));                   // 2 ms inside
  run(recorder, request(start + milliseconds(2), milliseconds(30), Outcome::reset));  // all of it
  run(recorder, request(window.end() - milliseconds(4), milliseconds(9)));            // 4 ms inside
  EXPECT_EQ(recorder.take().time_in_flight_ns, 36'000'000U);
}

TEST_F(RecorderTest, KeepsTheTimesOfTheParts) {
  Recorder recorder(window, closed);
  RequestRecord record = request(start, Duration(2000));
  record.connect_begun = start + Duration(100);
  record.connected = start + Duration(600);
  record.first_byte = start + Duration(1500);
  record.attempts = 2;
  run(recorder, record);
  run(recorder, request(start, Duration(1000)));
  const Recording recording = recorder.take();
  EXPECT_EQ(recording.connect_time.count(), 1U);
  EXPECT_EQ(recording.connect_time.max(), 500);
  EXPECT_EQ(recording.time_to_first_byte.count(), 1U);
  EXPECT_EQ(recording.time_to_first_byte.max(), 1500);
  EXPECT_EQ(recording.attempts, 3U);
}

TEST_F(RecorderTest, OpenLoopMeasuresResponseTimeFromTheIntendedStart) {
  Recorder recorder(window, open);
  RequestRecord record = request(start + milliseconds(500), milliseconds(1));
  record.intended = start;
  recorder.begun(record.begun);
  recorder.start_lag(Duration(700));
  recorder.ended(record);
  const Recording recording = recorder.take();
  EXPECT_GE(recording.response_time.max(), 501'000'000);
  EXPECT_LE(recording.service_time.max(), 1'001'000);
  EXPECT_EQ(recording.start_lag.max(), 700);
}

TEST_F(RecorderTest, StartLagsOfTheWarmUpAreLeftOut) {
  Recorder recorder(window, open);
  recorder.begun(start - milliseconds(1));
  recorder.start_lag(Duration(700));
  EXPECT_TRUE(recorder.take().start_lag.empty());
}

TEST_F(RecorderTest, KeepsTheAgeOfWhatOutlivesTheWindow) {
  Recorder recorder(window, open);
  RequestRecord record = request(end - Duration(300), milliseconds(50));
  record.intended = end - Duration(1000);
  run(recorder, record);
  const Recording recording = recorder.take();
  EXPECT_EQ(recording.censored, 1U);
  EXPECT_EQ(recording.censored_service.max(), 300);
  EXPECT_EQ(recording.censored_response.max(), 1000);
  EXPECT_TRUE(recording.service_time.empty());
}

TEST_F(RecorderTest, AnAbandonedArrivalCountsWhenItWasDueInTheWindow) {
  Recorder recorder(window, open);
  recorder.abandoned(end - Duration(500));
  recorder.abandoned(end);
  const Recording recording = recorder.take();
  EXPECT_EQ(recording.not_started, 1U);
  EXPECT_EQ(recording.censored_response.count(), 1U);
  EXPECT_EQ(recording.censored_response.max(), 500);
  EXPECT_TRUE(recording.balances());
}

TEST_F(RecorderTest, SlicesHoldEveryOkOfTheWindow) {
  Recorder recorder(window, closed);
  for (int i = 0; i < 1000; ++i) {
    run(recorder, request(start + milliseconds(i), Duration(1000)));
  }
  const Recording recording = recorder.take();
  ASSERT_EQ(recording.slices.size(), 50U);
  ASSERT_EQ(recording.coarse.size(), 5U);
  for (const auto& slice : recording.slices) {
    EXPECT_EQ(slice.completions, 20U);
    EXPECT_EQ(slice.service_time_sum_ns, 20'000U);
  }
  for (const auto& counts : recording.coarse) EXPECT_EQ(counts[coarse_bucket(1000)], 200U);
}

TEST_F(RecorderTest, WhatFallsBeyondTheSlicesGoesIntoTheLast) {
  Recorder recorder(window, {.window_expected = milliseconds(30)});
  run(recorder, request(start + milliseconds(900), Duration(1000)));
  const Recording recording = recorder.take();
  ASSERT_EQ(recording.slices.size(), 2U);
  EXPECT_EQ(recording.slices[1].completions, 1U);
}

TEST_F(RecorderTest, KnowsTheMostRequestsInFlight) {
  Recorder recorder(window, closed);
  for (int i = 0; i < 3; ++i) recorder.begun(start);
  recorder.ended(request(start, Duration(1)));
  recorder.begun(start);
  EXPECT_EQ(recorder.take().in_flight_max, 3U);
}

TEST_F(RecorderTest, LosesNothingWhenThreadsShareALane) {
  constexpr int kThreads = 4;
  constexpr int kEach = 20'000;
  Recorder recorder(window, {.shared = true, .open_loop = true, .window_expected = seconds(1)});
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < kEach; ++i) {
          RequestRecord record = request(start + Duration(i * 1000), Duration(1 + i));
          record.intended = record.begun;
          run(recorder, record);
        }
      });
    }
  }
  const Recording recording = recorder.take();
  EXPECT_EQ(recording.ended[kInWindow][kOk], std::uint64_t{kThreads * kEach});
  EXPECT_EQ(recording.service_time.count(), std::uint64_t{kThreads * kEach});
  EXPECT_EQ(recording.response_time.count(), std::uint64_t{kThreads * kEach});
  EXPECT_LE(recording.in_flight_max, std::uint64_t{kThreads});
  EXPECT_TRUE(recording.balances());
}

TEST_F(RecorderTest, MergingLanesAddsThemUp) {
  Recorder one(window, closed), other(window, closed), both(window, closed);
  const RequestRecord first = request(start, milliseconds(1));
  const RequestRecord second = request(start + milliseconds(400), milliseconds(2), Outcome::reset);
  run(one, first);
  run(other, second);
  run(both, first);
  run(both, second);
  Recording merged = one.take();
  merged.merge(other.take());
  const Recording expected = both.take();
  EXPECT_EQ(merged.ended, expected.ended);
  EXPECT_EQ(merged.service_time, expected.service_time);
  EXPECT_EQ(merged.failed_time, expected.failed_time);
  EXPECT_EQ(merged.coarse, expected.coarse);
  EXPECT_EQ(merged.in_flight_max, 2U);

  Recording into_empty;
  into_empty.merge(expected);
  EXPECT_EQ(into_empty.slices.size(), expected.slices.size());
}

TEST(CoarseBucket, HasTwoForEachPowerOfTwo) {
  EXPECT_EQ(coarse_bucket(-1), 0U);
  EXPECT_EQ(coarse_bucket(1), 0U);
  EXPECT_EQ(coarse_bucket(1024), 20U);
  EXPECT_EQ(coarse_bucket(1535), 20U);
  EXPECT_EQ(coarse_bucket(1536), 21U);
  EXPECT_EQ(coarse_bucket(std::int64_t{1} << 50), Recording::kCoarseBuckets - 1);
  for (std::size_t bucket = 2; bucket < Recording::kCoarseBuckets; ++bucket) {
    EXPECT_EQ(coarse_bucket(coarse_bucket_lowest_ns(bucket)), bucket);
    EXPECT_EQ(coarse_bucket(coarse_bucket_lowest_ns(bucket) - 1), bucket == 2 ? 0 : bucket - 1);
  }
}

TEST(ServerCounters, TotalsMergeFieldByField) {
  ServerCounters counters;
  add(counters.requests, 3);
  add(counters.responses, 2);
  add(counters.resets);
  ServerTotals totals = counters.totals();
  totals.merge(counters.totals());
  EXPECT_EQ(totals.requests, 6U);
  EXPECT_EQ(totals.responses, 4U);
  EXPECT_EQ(totals.resets, 2U);
  EXPECT_EQ(totals.connections, 0U);
}

}  // namespace
}  // namespace asyncbench::measure
