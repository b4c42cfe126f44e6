#include "report/answer.hpp"

#include <gmock/gmock.h>

#include <cmath>

#include "analyze/notes.hpp"
#include "analyze/summary.hpp"
#include "tests/unit/analyze/cells.hpp"

namespace asyncbench::report {
namespace {

using analyze::cell_named;
using analyze::Comparison;
using analyze::Decision;
using analyze::trial_of;
using result::Cell;
using result::Result;
using testing::HasSubstr;
using testing::StartsWith;

Cell strategy(const std::string& name, double speed, int blocks, std::int64_t seed = 0) {
  Cell cell = cell_named(name);
  for (int block = 0; block < blocks; ++block) {
    const double faster = speed * analyze::noise(block + seed);
    cell.trials.push_back(trial_of({.throughput_per_s = std::round(100'000 * faster),
                                    .latency_ns = static_cast<std::int64_t>(100'000 / faster),
                                    .cpu_ns = static_cast<std::int64_t>(5'000 / faster)},
                                   block));
  }
  return cell;
}

// A result with its comparison, which points into it.
struct Compared {
  explicit Compared(std::vector<Cell> cells) {
    result.cells = std::move(cells);
    analyze::summarize(result);
    comparison = analyze::compare_strategies(result);
  }
  Answer only() const { return answers_of(comparison).at(0); }

  Result result;
  Comparison comparison;
};

TEST(Answer, NamesTheWinnerTheNextAndWhatLiesBetween) {
  const Compared compared(
      {strategy("slow", 0.5, 6, 3), strategy("fast", 1, 6), strategy("next", 0.8, 6, 3)});
  const Answer answer = compared.only();
  ASSERT_NE(answer.next, nullptr);
  EXPECT_EQ(answer.winner->strategy, "fast");
  EXPECT_EQ(answer.next->strategy, "next");
  EXPECT_EQ(answer.ranked_by, analyze::kTotalCpu);
  EXPECT_EQ(answer.ranking, answer.cpu);
  EXPECT_EQ(answer.decision, Decision::worse) << "of the next";
  const analyze::Ratio throughput = *winner_to_next(*answer.throughput);
  EXPECT_NEAR(throughput.estimate, 1.25, 0.05);
  EXPECT_LT(*throughput.low, *throughput.high);
  const analyze::Ratio cpu = *winner_to_next(*answer.cpu);
  EXPECT_NEAR(cpu.estimate, 10 / 11.25, 0.05) << "of the winner, as a multiple of the next's";
  EXPECT_LT(*cpu.low, *cpu.high);
  EXPECT_EQ(answer.sentence,
            "fast costs " + text_of(cpu) +
                " times the total CPU per request of next, the next best (clear); with " +
                text_of(*winner_to_next(*answer.p99)) + " times the service time p99 (clear)");
}

TEST(Answer, CallsAlikeWhatIsAlike) {
  const Compared compared({strategy("a", 1, 20, 1), strategy("b", 1, 20, 4)});
  const Answer answer = compared.only();
  EXPECT_EQ(answer.decision, Decision::alike);
  EXPECT_THAT(answer.sentence, HasSubstr(" are alike: "));
}

TEST(Answer, LeavesOpenWhatIsUndecidedAndSaysWhy) {
  const Compared compared({strategy("slow", 0.5, 5), strategy("fast", 1, 5)});
  const Answer answer = compared.only();
  EXPECT_EQ(answer.decision, Decision::undecided);
  EXPECT_THAT(answer.sentence,
              StartsWith("it is open whether fast or slow is better (5 of the 6 "));
  EXPECT_THAT(answer.sentence, HasSubstr(" (5 of 6 pairs) times the"));
}

TEST(Answer, OfASingleStrategyIsThatThereIsNothingToCompare) {
  Cell unsupported = cell_named("curl_multi");
  unsupported.status = result::CellStatus::unsupported;
  const Compared compared({strategy("only", 1, 6), unsupported});
  const Answer answer = compared.only();
  EXPECT_EQ(answer.winner->strategy, "only");
  EXPECT_EQ(answer.next, nullptr);
  EXPECT_FALSE(answer.decision);
  EXPECT_THAT(answer.sentence, StartsWith("only only was measured (total CPU per request "));
  EXPECT_THAT(answer.sentence, HasSubstr("nothing to compare"));
}

TEST(Answer, OfNothingValidHasNoWinner) {
  Cell broken = strategy("broken", 1, 6);
  for (result::Trial& trial : broken.trials) trial.valid = false;
  const Compared compared({broken});
  const Answer answer = compared.only();
  EXPECT_EQ(answer.winner, nullptr);
  EXPECT_EQ(answer.decision, Decision::invalid);
  EXPECT_EQ(answer.sentence, "nothing valid was measured of broken");
}

TEST(Answer, PassesOverACellWithoutValidTrialsForTheNext) {
  Cell broken = strategy("broken", 2, 6);
  for (result::Trial& trial : broken.trials) trial.valid = false;
  const Compared compared({broken, strategy("fast", 1, 6), strategy("next", 0.8, 6, 3)});
  EXPECT_EQ(compared.only().winner->strategy, "fast");
  EXPECT_EQ(compared.only().next->strategy, "next");
}

TEST(Answer, SpeaksInOpenLoopOfLatencyAndCpuAtEqualLoad) {
  std::vector<Cell> cells = {strategy("slow", 0.8, 6, 3), strategy("fast", 1, 6)};
  for (Cell& cell : cells) {
    for (result::Trial& trial : cell.trials) trial.response_time = trial.service_time;
  }
  const Compared compared(cells);
  const Answer answer = compared.only();
  EXPECT_EQ(answer.ranked_by, analyze::kTotalCpu);
  EXPECT_EQ(answer.throughput, nullptr);
  EXPECT_THAT(answer.sentence, StartsWith("at equal offered load, fast costs 0."));
  EXPECT_THAT(answer.sentence, HasSubstr("; with 0."));
  EXPECT_THAT(answer.sentence, HasSubstr(" times the response time p99 "));
}

TEST(Answer, SaysThatAPercentileIsALowerBound) {
  std::vector<Cell> cells = {strategy("slow", 0.8, 6, 3), strategy("fast", 1, 6)};
  measure::Histogram unfinished;
  unfinished.record(150'000, 500);
  for (result::Trial& trial : cells[0].trials) {
    trial.censored_service_time = result::latency_of(unfinished);
  }
  const Compared compared(cells);
  EXPECT_THAT(compared.only().sentence,
              testing::EndsWith("; the service time p99 of slow is a lower bound"));
}

TEST(Answer, GoesByCpuWhereTheWorkFixesTheRate) {
  std::vector<Cell> cells = {strategy("slow", 0.8, 6, 3), strategy("fast", 1, 6)};
  for (Cell& cell : cells) cell.paced = true;
  const Compared compared(cells);
  const Answer answer = compared.only();
  EXPECT_EQ(answer.throughput, nullptr);
  EXPECT_EQ(answer.ranking, answer.cpu);
  EXPECT_THAT(answer.sentence, StartsWith("at the rate that the work fixes, fast costs 0."));
}

TEST(Answer, HasNoRatioWithoutPairs) { EXPECT_FALSE(winner_to_next({.figure = analyze::kCpu})); }

}  // namespace
}  // namespace asyncbench::report
