#include "analyze/threshold.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "analyze/notes.hpp"
#include "cells.hpp"

namespace asyncbench::analyze {
namespace {

using testing::HasSubstr;

constexpr std::int64_t kMs = 1'000'000;

// One trial for each latency, of a request each microsecond or so.
result::Cell cell_of(std::initializer_list<std::int64_t> latencies_ns) {
  result::Cell cell = cell_named("uring");
  for (const std::int64_t latency : latencies_ns) {
    cell.trials.push_back(
        trial_of({.latency_ns = latency}, static_cast<std::int64_t>(cell.trials.size())));
  }
  return cell;
}

Threshold above(double percent, std::int64_t limit_ns) {
  return {.title = "p", .percent = percent, .limit = static_cast<double>(limit_ns)};
}

Threshold of(FigureName figure, bool is_above, double limit) {
  return {.figure = figure, .above = is_above, .limit = limit};
}

Judged judged(const Threshold& threshold, const result::Cell& cell) {
  return judge({&threshold, 1}, cell).at(0);
}

TEST(Thresholds, AreJudgedByTheMedianOverTrialsAndTellTheSpread) {
  const result::Cell cell = cell_of({4 * kMs, 6 * kMs, 9 * kMs});
  const Judged found = judged(above(99, 5 * kMs), cell);
  EXPECT_EQ(found.holds, Holding::yes);
  EXPECT_EQ(found.trials, 3u);
  EXPECT_EQ(found.holding, 2u);
  EXPECT_NEAR(found.median, 6e6, 6e3);
  EXPECT_NEAR(found.least, 4e6, 4e3);
  EXPECT_NEAR(found.greatest, 9e6, 9e3);

  const Judged not_by_median = judged(above(99, 7 * kMs), cell);
  EXPECT_EQ(not_by_median.holds, Holding::no);
  EXPECT_EQ(not_by_median.holding, 1u);
}

TEST(Thresholds, TakeTheLimitItselfOnlyWhereTheySaySo) {
  const result::Cell cell = cell_of({kMs});
  Threshold threshold = of(kThroughput, false, 100'000);
  EXPECT_EQ(judged(threshold, cell).holds, Holding::no);
  threshold.or_equal = true;
  EXPECT_EQ(judged(threshold, cell).holds, Holding::yes);
}

TEST(Thresholds, ReadTheFiguresOfTheTable) {
  result::Cell cell = cell_of({kMs});
  cell.trials[0].subject.memory_peak_bytes = 300;
  EXPECT_EQ(judged(of(kCpu, true, 4'999), cell).holds, Holding::yes);
  EXPECT_EQ(judged(of(kCpu, true, 5'001), cell).holds, Holding::no);
  EXPECT_EQ(judged(of(kMemoryPeak, true, 200), cell).holds, Holding::yes);
  EXPECT_EQ(judged(of("error_share", true, 0), cell).holds, Holding::no);
  cell.trials[0].outcomes[static_cast<std::size_t>(Outcome::reset)] = 1;
  EXPECT_EQ(judged(of("error_share", true, 0), cell).holds, Holding::yes);
}

TEST(Thresholds, TakeResponseTimesWhereLoadIsOpen) {
  result::Cell cell = cell_of({kMs});
  measure::Histogram waited;
  waited.record(50 * kMs, 1'000);
  cell.trials[0].response_time = result::latency_of(waited);
  EXPECT_NEAR(judged(above(99, 5 * kMs), cell).median, 50e6, 50e3);
}

TEST(Thresholds, AreNotKnownWhereTheFigureIsMissing) {
  result::Cell cell = cell_of({kMs});
  cell.trials[0].subject.unreadable["memory_peak_bytes"] = "no VmHWM";
  EXPECT_EQ(judged(of(kMemoryPeak, true, 1), cell).holds, Holding::unknown);
  EXPECT_EQ(judged(of(kMemoryPeak, true, 1), cell).why, "no VmHWM");

  cell.reason = "404 from http://127.0.0.1/nope: 27 of 27";
  cell.trials[0].valid = false;
  const Judged failed = judged(above(99, kMs), cell);
  EXPECT_EQ(failed.holds, Holding::unknown);
  EXPECT_EQ(failed.why, cell.reason);
}

TEST(Thresholds, AreNotKnownWhereUnfinishedRequestsHideThePercentile) {
  result::Cell cell = cell_of({kMs});
  measure::Histogram ages;
  ages.record(3 * kMs, 100);
  cell.trials[0].censored_service_time = result::latency_of(ages);
  const Judged hidden = judged(above(99, 5 * kMs), cell);
  EXPECT_EQ(hidden.holds, Holding::unknown);
  EXPECT_TRUE(hidden.at_least);
  EXPECT_THAT(hidden.why, HasSubstr("--duration"));
  // It is above this for certain, and the median is not hidden.
  EXPECT_EQ(judged(above(99, 2 * kMs), cell).holds, Holding::yes);
  EXPECT_EQ(judged(above(50, 5 * kMs), cell).holds, Holding::no);
  // The longest is that which was seen.
  EXPECT_NEAR(judged(above(100, 5 * kMs), cell).median, 3e6, 3e3);
  EXPECT_EQ(judged(above(100, 5 * kMs), cell).holds, Holding::no);
}

TEST(Thresholds, AreNotKnownWhereThereWereTooFewRequestsForThePercentile) {
  const result::Cell cell = cell_of({kMs});  // 1,000 latencies
  EXPECT_EQ(judged(above(99.9, 5 * kMs), cell).holds, Holding::unknown);
  EXPECT_EQ(judged(above(99, 5 * kMs), cell).holds, Holding::no);
}

TEST(Thresholds, AreNotKnownWhereTheGeneratorHidesTheThroughput) {
  result::Cell cell = cell_of({kMs});
  cell.summary.emplace().notes.push_back({std::string(kGeneratorLimited), ""});
  EXPECT_EQ(judged(of(kThroughput, false, 200'000), cell).holds, Holding::unknown);
  EXPECT_EQ(judged(of(kThroughput, false, 90'000), cell).holds, Holding::no);
}

}  // namespace
}  // namespace asyncbench::analyze
