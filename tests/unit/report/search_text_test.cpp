#include "report/search_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <sstream>

#include "report/format.hpp"

namespace asyncbench::report {
namespace {

using analyze::Better;
using analyze::Crossover;
using analyze::CrossoverKind;
using analyze::CrossoverPoint;
using testing::HasSubstr;

const CrossoverWords kConnections{
    .a = "uring",
    .b = "thread_per_request",
    .parameter = "connections",
    .value = [](double value) { return format_count(value); },
};

// Six pairs, all near one ratio of A's cost to B's.
CrossoverPoint point(std::int64_t value, double ratio) {
  CrossoverPoint point{.value = value, .asked = 6};
  for (const double noise : {-0.02, -0.01, 0.0, 0.0, 0.01, 0.02}) {
    point.log_ratios.push_back(std::log(ratio) + noise);
  }
  return point;
}

const std::vector<CrossoverPoint> kPoints = {point(1, 1.25), point(32, 0.8), point(1024, 0.5)};

TEST(CrossoverSentence, SaysWhoIsBetterOnEachSideOfTheInterval) {
  const Crossover found{.kind = CrossoverKind::crossing,
                        .below = Better::b,
                        .above = Better::a,
                        .low = 6,
                        .high = 14,
                        .estimate = 9};
  EXPECT_EQ(crossover_sentence(found, kPoints, kConnections),
            "thread_per_request is cheaper below 9.00 [6.00, 14.0] connections, uring above");
}

TEST(CrossoverSentence, NamesTheFirstNumberAtWhichTheOtherIsBetter) {
  const Crossover found{.kind = CrossoverKind::crossing,
                        .below = Better::b,
                        .above = Better::a,
                        .low = 1,
                        .high = 3,
                        .estimate = 1.2};
  EXPECT_THAT(crossover_sentence(found, kPoints, kConnections),
              HasSubstr("below 2.00 [1.00, 3.00] connections"));
}

TEST(CrossoverSentence, PutsTheParameterBeforeValuesThatAreNoNumbersOfIt) {
  CrossoverWords words = kConnections;
  words.by = analyze::kServiceP99;
  words.parameter = "server delay";
  words.counts = false;
  words.value = format_duration_ns;
  const Crossover found{.kind = CrossoverKind::crossing,
                        .below = Better::a,
                        .above = Better::b,
                        .low = 1'000'000,
                        .high = 3'000'000,
                        .estimate = 2e6,
                        .exhausted = true};
  EXPECT_THAT(crossover_sentence(found, kPoints, words),
              HasSubstr("uring has the lower p99 below server delay 2.00ms [1.00ms, 3.00ms]"));
  EXPECT_THAT(crossover_sentence(found, kPoints, words), HasSubstr("--budget"));
}

TEST(CrossoverSentence, ClaimsNoMoreThanWasFound) {
  EXPECT_EQ(crossover_sentence({.kind = CrossoverKind::edge,
                                .below = Better::unclear,
                                .above = Better::a,
                                .low = 40,
                                .high = 50},
                               kPoints, kConnections),
            "uring is cheaper from 50.0 connections; up to 40.0 no difference could be told");
  EXPECT_EQ(crossover_sentence({.kind = CrossoverKind::none, .below = Better::a},
                               std::vector{point(1, 0.8), point(8, 0.5)}, kConnections),
            "uring is cheaper throughout: 0.80 [0.78, 0.82] times at 1.00 and 0.50 [0.49, 0.51] "
            "times at 8.00 connections");
  EXPECT_EQ(crossover_sentence({.kind = CrossoverKind::several,
                                .changes = {{1, Better::a}, {32, Better::b}, {1024, Better::a}}},
                               kPoints, kConnections),
            "there is no one crossover: uring is cheaper at 1.00, thread_per_request is cheaper at "
            "32.0, uring is cheaper at 1.02k");
  EXPECT_EQ(
      crossover_sentence({.kind = CrossoverKind::unclear},
                         std::vector{point(1, 1), point(32, 1.001), point(1024, 1)}, kConnections),
      "no difference between uring and thread_per_request could be told at 1.00, 32.0 or "
      "1.02k connections; to tell 5 % takes about 9 pairs at 1.00");
  EXPECT_THAT(crossover_sentence({.kind = CrossoverKind::failed, .low = 32}, kPoints, kConnections),
              HasSubstr("nothing valid could be measured at 32.0 connections"));
}

// Wherever the table names a better one, so does the sentence; wherever it does not, neither.
TEST(CrossoverSentence, AgreesWithTheTableAtEveryValue) {
  const std::vector<CrossoverPoint> points = {point(1, 1), point(8, 0.9), point(64, 1)};
  const std::string sentence =
      crossover_sentence({.kind = CrossoverKind::unclear}, points, kConnections);
  EXPECT_THAT(sentence, HasSubstr("no crossover is shown: uring is cheaper (likely: 0.90 [0.88, "
                                  "0.92] times) at 8.00 connections; at 1.00 or 64.0 no difference "
                                  "could be told"));
  const std::string table = crossover_table(points, std::vector<PointCosts>(3), kConnections);
  EXPECT_THAT(table, HasSubstr("0.90 [0.88, 0.92]   A, likely"));
  EXPECT_THAT(table, HasSubstr("1 [0.98, 1.02]      open"));
  EXPECT_EQ(point_text(points[1], kConnections),
            "uring is cheaper (likely: 0.90 [0.88, 0.92] times)");
  EXPECT_EQ(
      crossover_sentence({.kind = CrossoverKind::none, .below = Better::a},
                         std::vector{point(1, 0.8), point(8, 1), point(64, 0.5)}, kConnections),
      "uring is cheaper throughout: 0.80 [0.78, 0.82] times at 1.00 and 0.50 [0.49, 0.51] "
      "times at 64.0 connections; at 8.00 no difference could be told");
}

TEST(CrossoverTable, GivesRatiosInTheFiguresDirection) {
  CrossoverWords words = kConnections;
  words.by = analyze::kThroughput;
  // A's throughput is 0.8 of B's: its cost in the worse direction is 1.25.
  const std::vector<CrossoverPoint> points = {point(1, 1.25)};
  EXPECT_THAT(crossover_table(points, std::vector<PointCosts>(1), words),
              HasSubstr("0.80 [0.78, 0.82]   B, likely"));
  EXPECT_EQ(point_text(points[0], words),
            "thread_per_request is faster (likely: 1.25 [1.23, 1.28] times)");
  EXPECT_EQ(point_text({.value = 1}, words), "nothing valid");
}

TEST(CrossoverTable, HasOneLineAPointWithinEightyColumns) {
  const std::vector<PointCosts> costs = {
      {.a = 12e3, .b = 10e3}, {.a = 8e3, .b = 10e3}, {.a = std::nullopt, .b = 10e3}};
  std::istringstream table(crossover_table(kPoints, costs, kConnections));
  int lines = 0;
  for (std::string line; std::getline(table, line); ++lines) EXPECT_LE(line.size(), 80u) << line;
  EXPECT_EQ(lines, 5);
}

TEST(RateSentence, NamesTheRateItsBoundAndTheReason) {
  EXPECT_EQ(rate_sentence("uring", {.highest_met_per_s = 48200, .lowest_unmet_per_s = 49700},
                          "p99 < 5ms", "p99: 7ms, wanted < 5ms"),
            "uring sustains 48200 requests/s with p99 < 5ms; 49700 is too many: p99: 7ms, wanted < "
            "5ms");
  EXPECT_THAT(rate_sentence("uring", {.highest_met_per_s = 1e7}, "p99 < 5ms", ""),
              HasSubstr("at least 10000000 requests/s"));
  EXPECT_THAT(
      rate_sentence("uring", {.lowest_unmet_per_s = 1, .why = "nothing was met"}, "p99 < 5ms", ""),
      HasSubstr("nothing was met"));
}

TEST(SweepSentence, SaysPeakAndKneeOrThatThereAreNone) {
  const analyze::UslFit peaked{.lambda = 1000,
                               .sigma = 0.1,
                               .kappa = 0.001,
                               .r_squared = 0.99,
                               .peak_n = 30,
                               .knee_n = 7,
                               .valid_to = 128};
  EXPECT_THAT(sweep_sentence("uring", peaked, "connections"), HasSubstr("peaks at 30 connections"));
  EXPECT_THAT(sweep_sentence("uring", peaked, "connections"), HasSubstr("beyond 7"));
  EXPECT_THAT(sweep_sentence("uring", analyze::UslFit{.lambda = 1, .valid_to = 128}, "connections"),
              HasSubstr("no peak up to 128 connections"));
  EXPECT_THAT(sweep_sentence("uring", std::nullopt, "connections"), HasSubstr("no fit"));
}

}  // namespace
}  // namespace asyncbench::report
