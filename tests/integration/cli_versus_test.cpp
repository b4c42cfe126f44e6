// asyncbench versus.
#include <gmock/gmock.h>

#include "cli_checks.hpp"
#include "interrupting.hpp"
#include "program.hpp"

namespace asyncbench::test {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;

// Its rests are given: on a busy machine they would grow, and leave no time for the open loop.
Arguments short_versus() {
  return {"versus", "epoll",        "asio", "--workload", "serve", "--connections",
          "64",     "--body-bytes", "12",   "--trials",   "2",     "--duration",
          "50ms",   "--rest",       "10ms", "--budget",   "20s",   "--out",
          "s.json"};
}

TEST(CliVersus, EndsInOneLineAConditionAndTheAnswer) {
  const ScratchFolder folder;
  const Ended ended = run_program(short_versus(), {.folder = folder.path()});
  EXPECT_THAT(ended.exit_code, AnyOf(0, 3)) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("serve 64, 12B "));
  EXPECT_THAT(ended.out, HasSubstr("serve 64, 12B at ")) << "open loop follows from the capacity";
  EXPECT_THAT(ended.out, HasSubstr("against epoll, asio "));
  EXPECT_LE(lines_of(ended.out).size(), 14u) << ended.out;
  for (const std::string& line : lines_of(ended.out)) EXPECT_LE(line.size(), 80u) << line;
}

TEST(CliVersus, GoesOnWhereItWasInterrupted) {
  const ScratchFolder folder;
  // Two blocks of three trials in closed loop, so this is in open loop.
  const Ended first = interrupted_after(9, short_versus(), folder);
  ASSERT_EQ(first.exit_code, 130) << first.err;
  EXPECT_THAT(first.err, HasSubstr("go on with asyncbench versus --resume s.json"));
  const auto kept = trials_of(read_json(folder, "s.json"));
  ASSERT_GE(kept.size(), 9u);

  expect_refusal(run_program({"run", "--resume", "s.json"}, {.folder = folder.path()}), 2,
                 "go on with asyncbench versus --resume s.json");
  expect_refusal(run_program({"search", "--resume", "s.json"}, {.folder = folder.path()}), 2,
                 "go on with asyncbench versus --resume s.json");
  expect_refusal(
      run_program({"versus", "--resume", "s.json", "--trials", "9"}, {.folder = folder.path()}), 2,
      "--resume takes the plan from the journal");

  const Ended second = run_program({"versus", "--resume", "s.json"}, {.folder = folder.path()});
  EXPECT_THAT(second.exit_code, AnyOf(0, 3)) << second.err;
  EXPECT_THAT(second.out, HasSubstr("against epoll, asio "));
  const auto result = read_json(folder, "s.json");
  EXPECT_EQ(result["run"]["complete"], true);
  EXPECT_EQ(result["run"]["resumed"], 1);
  const auto all = trials_of(result);
  for (const auto& [key, outcomes] : kept) EXPECT_EQ(all.at(key), outcomes) << key;
  EXPECT_GT(all.size(), kept.size());
}

TEST(CliVersus, RefusesWhatIsNoComparison) {
  expect_refusal(run_program({"versus", "epoll"}), 2, "two strategies or more");
  expect_refusal(run_program({"versus", "epoll", "epoll"}), 2, "a strategy is named twice");
  expect_refusal(run_program({"versus", "epoll", "asio", "--budget", "1s"}), 2, "give --budget ");
}

}  // namespace
}  // namespace asyncbench::test
