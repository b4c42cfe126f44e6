#include "report/answer.hpp"

#include <gmock/gmock.h>

#include <cmath>

#include "analyze/notes.hpp"
#include "analyze/summary.hpp"
#include "tests/unit/analyze/cells.hpp"

namespace asyncbench::report {
namespace {

using analyze::cell_named;
using analyze::trial_of;
using result::Cell;
using result::Result;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

struct Made {
  double speed = 1;    // in throughput and in work per CPU
  double latency = 1;  // beside that
  double noise = 0.02;
  int blocks = 12;
  const char* family = nullptr;
};

Cell strategy(const std::string& name, const Made& made, std::int64_t seed = 0) {
  Cell cell = cell_named(name);
  if (made.family != nullptr) cell.strategy_info.family = made.family;
  for (int block = 0; block < made.blocks; ++block) {
    const double faster = made.speed * analyze::noise(block + seed, made.noise);
    cell.trials.push_back(
        trial_of({.throughput_per_s = std::round(100'000 * faster),
                  .latency_ns = static_cast<std::int64_t>(100'000 * made.latency / faster),
                  .cpu_ns = static_cast<std::int64_t>(5'000 / faster),
                  .peer_ns = static_cast<std::int64_t>(5'000 / faster)},
                 block));
  }
  return cell;
}

// A result with its comparison, which points into it.
struct Compared {
  explicit Compared(std::vector<Cell> cells, const std::string& against = "") {
    result.run = {.started = "2026-11-20T22:05:00Z", .finished = "2026-11-20T22:06:00Z"};
    result.cells = std::move(cells);
    analyze::summarize(result);
    comparison = analyze::compare_strategies(result, against);
  }
  Answer only() const { return answers_of(comparison).at(0); }

  Result result;
  analyze::Comparison comparison;
};

std::vector<std::string> best_of(const Answer& answer) {
  std::vector<std::string> names;
  for (const analyze::Standing* standing : answer.best) names.push_back(standing->cell->strategy);
  return names;
}

const Cell kReference = strategy("thread_per_connection", {});

TEST(Answer, TakesWhatIsBetterThanTheReferenceWithItsRatio) {
  const Compared compared(
      {kReference, strategy("fast", {.speed = 1.5}, 3), strategy("slow", {.speed = 0.5}, 5)});
  const Answer answer = compared.only();
  EXPECT_EQ(answer.kind, AnswerKind::take);
  EXPECT_EQ(answer.choice, "fast");
  EXPECT_THAT(best_of(answer), ElementsAre("fast"));
  EXPECT_THAT(answer.gain, testing::MatchesRegex("1\\.[45].? \\[1\\..*\\] times the work per CPU"));
  EXPECT_EQ(answer.take, "Take fast: " + answer.gain + " of thread_per_connection.");
  EXPECT_THAT(answer.behind, StartsWith("slow: 0.5"));
}

// The same two strategies, seen from either side.
TEST(Answer, TurnsRoundWithTheReference) {
  const std::vector<Cell> cells = {strategy("fast", {.speed = 2}), strategy("slow", {}, 3)};
  const Answer from_slow = Compared(cells, "slow").only();
  EXPECT_EQ(from_slow.kind, AnswerKind::take);
  EXPECT_THAT(from_slow.take, StartsWith("Take fast: 2."));
  EXPECT_THAT(from_slow.take, HasSubstr("times the work per CPU of slow."));
  const Answer from_fast = Compared(cells, "fast").only();
  EXPECT_EQ(from_fast.kind, AnswerKind::stay);
  EXPECT_EQ(from_fast.choice, "fast");
  EXPECT_THAT(from_fast.take, StartsWith("Stay with fast: nothing does better. The next, slow, "
                                         "does 0.501 ["));
}

TEST(Answer, TakesAFamilyBeforeItsMembers) {
  const Made loop{.speed = 1.5, .family = "readiness loops"};
  const Compared compared({kReference, strategy("epoll", loop, 1), strategy("asio", loop, 4),
                           strategy("libuv", loop, 7)});
  const Answer answer = compared.only();
  EXPECT_EQ(answer.choice, "readiness loops");
  EXPECT_THAT(best_of(answer), testing::UnorderedElementsAre("epoll", "asio", "libuv"));
  EXPECT_THAT(answer.take, HasSubstr(" Which of the first 3"));
  EXPECT_EQ(answer.behind, "");
}

// A family's name would send a reader to the member that is slower than the reference, too.
TEST(Answer, NamesTheMembersWhereNotTheWholeFamilyIsAmongTheBest) {
  const Compared compared({kReference, strategy("uring", {.speed = 1.5, .family = "io_uring"}, 1),
                           strategy("uring:sqpoll", {.speed = 0.9, .family = "io_uring"}, 4),
                           strategy("epoll", {.speed = 1.1, .family = "readiness loops"}, 7)});
  const Answer answer = compared.only();
  EXPECT_EQ(answer.choice, "uring");
  EXPECT_THAT(answer.take, StartsWith("Take uring: 1."));
  EXPECT_THAT(answer.behind, HasSubstr("uring:sqpoll"));
}

// The best member of a family that is behind as a whole is among the best all the same.
TEST(Answer, NamesTheBestOfOtherFamiliesBesideTheLeadingOne) {
  const char* const loops = "readiness loops";
  const Compared compared({kReference, strategy("uring", {.speed = 1.5, .family = "io_uring"}, 4),
                           strategy("epoll", {.speed = 1.51, .family = loops}, 1),
                           strategy("asio", {.speed = 1.2, .family = loops}, 6)});
  const Answer answer = compared.only();
  EXPECT_THAT(best_of(answer), testing::UnorderedElementsAre("uring", "epoll"));
  EXPECT_THAT(answer.choice, testing::AllOf(HasSubstr("uring"), HasSubstr("epoll")));
  EXPECT_THAT(answer.behind, StartsWith("asio: 1.2"));
}

TEST(Answer, SaysWhatDecidingTheRestWouldCost) {
  const Made noisy{.speed = 2, .noise = 0.2, .family = "readiness loops"};
  const Compared compared({kReference, strategy("epoll", noisy, 1), strategy("asio", noisy, 4)});
  EXPECT_THAT(compared.only().take, HasSubstr(" Which of the first 2: open, within "));
  EXPECT_THAT(compared.only().take,
              testing::ContainsRegex("to tell 3 %: --trials [0-9]+ \\(about"));
}

TEST(Answer, SeesNoReasonToMoveWhereNothingDiffers) {
  const Made quiet{.noise = 0.002};
  const Compared compared({strategy("thread_per_connection", quiet), strategy("same", quiet, 3)});
  EXPECT_EQ(compared.only().kind, AnswerKind::no_matter);
  EXPECT_EQ(compared.only().take,
            "No reason to move from thread_per_connection: same differs from it by less than 3 %.");
  EXPECT_EQ(compared.only().choice, "");
}

TEST(Answer, IsOpenWithTooFewBlocksAndSaysHowManyItTakes) {
  for (const int blocks : {1, 5}) {
    const Compared compared({strategy("thread_per_connection", {.blocks = blocks}),
                             strategy("fast", {.speed = 2, .blocks = blocks}, 3)});
    const Answer answer = compared.only();
    EXPECT_EQ(answer.kind, AnswerKind::open) << blocks;
    EXPECT_THAT(answer.take, StartsWith("Open whether fast does better than"));
    EXPECT_THAT(answer.take, Not(HasSubstr("inf")));
    EXPECT_THAT(answer.take, Not(HasSubstr("?")));
    EXPECT_THAT(answer.take, HasSubstr(std::to_string(blocks) + " of the 6")) << answer.take;
  }
}

TEST(Answer, NeverRecommendsWithoutThePrice) {
  const Compared compared({kReference, strategy("fast", {.speed = 1.5, .latency = 4}, 3)});
  const Answer answer = compared.only();
  EXPECT_EQ(answer.kind, AnswerKind::take);
  ASSERT_THAT(answer.losses, Not(IsEmpty()));
  EXPECT_THAT(answer.losses.front(), StartsWith("fast: service time p"));
  EXPECT_THAT(answer.losses.front(), HasSubstr("] times thread_per_connection's"));
}

TEST(Answer, ShowsTheTwinAsItsNoise) {
  EXPECT_THAT(Compared({kReference, strategy("fast", {.speed = 2}, 3)}).only().noise,
              HasSubstr("no twin took part"));
  Cell reference = kReference;
  for (int block = 0; block < 12; ++block) {
    result::Trial twin = kReference.trials[static_cast<std::size_t>((block + 5) % 12)];
    twin.block = block;
    twin.kind = result::TrialKind::twin;
    reference.trials.push_back(twin);
  }
  EXPECT_THAT(Compared({reference, strategy("fast", {.speed = 2}, 3)}).only().noise,
              StartsWith("thread_per_connection against itself: work per CPU "));
}

TEST(Answer, OfASingleStrategyIsThatThereIsNothingToCompare) {
  Cell unsupported = cell_named("curl_multi");
  unsupported.status = result::CellStatus::unsupported;
  const Compared compared({strategy("only", {}), unsupported});
  const Answer answer = compared.only();
  EXPECT_EQ(answer.kind, AnswerKind::alone);
  EXPECT_THAT(answer.take, StartsWith("Only only was measured ("));
  EXPECT_THAT(answer.take, HasSubstr("nothing to compare"));
}

TEST(Answer, OfNothingValidSaysSo) {
  Cell broken = strategy("broken", {});
  for (result::Trial& trial : broken.trials) trial.valid = false;
  EXPECT_EQ(Compared({broken}).only().kind, AnswerKind::nothing);
  EXPECT_EQ(Compared({broken}).only().take, "Nothing valid was measured of broken.");
}

TEST(Answer, PassesOverACellWithoutValidTrials) {
  Cell broken = strategy("broken", {.speed = 3});
  for (result::Trial& trial : broken.trials) trial.valid = false;
  const Compared compared({broken, kReference, strategy("fast", {.speed = 2}, 3)});
  EXPECT_EQ(compared.only().choice, "fast");
}

}  // namespace
}  // namespace asyncbench::report
