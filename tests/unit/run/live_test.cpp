#include "run/live.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace asyncbench::run {
namespace {

using namespace std::chrono_literals;

TEST(LiveMeter, TellsWhatCameSinceTheLastReport) {
  measure::Tally tally{.ok = 100, .failed = 2};
  tally.latencies.record(1'000, 100);
  LiveMeter meter(5s);
  const report::Progress first = meter.take(tally, 6s);
  EXPECT_EQ(first.active, 1s);
  EXPECT_EQ(first.ok, 100U);
  EXPECT_EQ(first.failed, 2U);
  EXPECT_EQ(first.p50_ns, 1'000);

  tally.ok += 10;
  tally.latencies.record(9'000'000, 10);
  const report::Progress second = meter.take(tally, 6500ms);
  EXPECT_EQ(second.active, 500ms);
  EXPECT_EQ(second.ok, 10U);
  EXPECT_EQ(second.failed, 0U);
  EXPECT_NEAR(static_cast<double>(*second.p50_ns), 9e6, 9e3);
  EXPECT_NEAR(static_cast<double>(*second.p99_ns), 9e6, 9e3);
}

TEST(LiveMeter, KnowsNoLatencyOfASecondInWhichNothingEnded) {
  LiveMeter meter(0s);
  const report::Progress nothing = meter.take({}, 1s);
  EXPECT_EQ(nothing.ok, 0U);
  EXPECT_FALSE(nothing.p50_ns);
  EXPECT_FALSE(nothing.p99_ns);
}

TEST(Live, TellsOfSeveralClientsTogetherOnceAllHaveSpoken) {
  std::vector<report::Progress> told;
  const TellProgress tell =
      told_together([&](const report::Progress& progress) { told.push_back(progress); }, 2);
  for (int second = 0; second < 2; ++second) {
    tell({.active = 1s, .ok = 100, .failed = 1, .p50_ns = 5, .p99_ns = 6});
    EXPECT_EQ(told.size(), static_cast<std::size_t>(second));
    tell({.active = 900ms, .ok = 20, .p50_ns = 7, .p99_ns = 8});
  }
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[1].active, 1s);
  EXPECT_EQ(told[1].ok, 120U);
  EXPECT_EQ(told[1].failed, 1U);
  EXPECT_FALSE(told[1].p50_ns) << "percentiles of parts do not make that of the whole";
  EXPECT_FALSE(told_together(nullptr, 2));
}

}  // namespace
}  // namespace asyncbench::run
