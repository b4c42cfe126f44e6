// --live: what a run says once a second.
#include <gmock/gmock.h>

#include <string>

#include "cli_checks.hpp"
#include "program.hpp"

namespace asyncbench::test {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

Arguments run_for(const char* duration, Arguments more) {
  Arguments all = {"run",   "fetch",    "--connections", "2",          "--trials",
                   "1",     "--warmup", "20ms",          "--cpu-idle", "default",
                   "--out", "r.json",   "--duration",    duration};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

constexpr const char* kFigures =
    ": [0-9.]+[kM]?/s, p50 [0-9.]+[num]?s, p99 [0-9.]+[num]?s, 0 errors";

TEST(CliLive, TellsHowTheRunningTrialDoesOnceASecond) {
  const ScratchFolder folder;
  const Ended run = run_program(run_for("2500ms", {"--strategies", "epoll", "--live"}),
                                {.folder = folder.path()});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.err,
              ContainsRegex(std::string("fetch/strategy:epoll/connections:2/body_bytes:12") +
                            kFigures + "\n"));
  EXPECT_THAT(run.err, Not(HasSubstr("of turns")));
  EXPECT_EQ(read_json(folder, "r.json")["cells"][0]["trials"][0]["valid"], true);
}

TEST(CliLive, TellsOfEachCellThatTakesTurnsForHowLongItWorked) {
  const ScratchFolder folder;
  const Ended run = run_program(
      run_for("3s", {"--strategies", "epoll,thread_per_connection", "--live", "--rounds", "20"}),
      {.folder = folder.path()});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  for (const char* strategy : {"epoll", "thread_per_connection"}) {
    EXPECT_THAT(run.err,
                ContainsRegex(std::string("strategy:") + strategy + "/connections:2/body_bytes:12" +
                              kFigures + "; in 0\\.[0-9]+s of turns\n"));
  }
}

TEST(CliLive, SaysNothingUnasked) {
  const ScratchFolder folder;
  const Ended run =
      run_program(run_for("1200ms", {"--strategies", "epoll"}), {.folder = folder.path()});
  EXPECT_THAT(run.err, Not(ContainsRegex(kFigures)));
}

}  // namespace
}  // namespace asyncbench::test
