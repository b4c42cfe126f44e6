// What the environment refuses: never an internal error, which is for bugs of ours alone.
#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "cli_checks.hpp"
#include "program.hpp"

namespace asyncbench::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct Refusal {
  std::string what;
  std::string limits;  // shell commands before the program
  std::vector<std::string> environment;
};

const std::vector<Refusal> kRefusals = {
    {"no temporary folder", "", {"TMPDIR=/nonexistent"}},
    {"a temporary folder that is a device", "", {"TMPDIR=/dev/null"}},
    {"a folder of processes as the temporary one", "", {"TMPDIR=/proc"}},
    {"no home", "unset HOME XDG_STATE_HOME", {}},
    {"a home that is not there", "", {"HOME=/nonexistent", "XDG_STATE_HOME=/proc/none"}},
    {"no programs", "", {"PATH=/nonexistent"}},
    {"files of no size", "ulimit -f 0", {}},
    {"little memory", "ulimit -v 60000", {}},
    {"few descriptors", "ulimit -n 16", {}},
    {"no locked memory", "ulimit -l 0", {}},
    {"a folder that has been removed", "mkdir gone && cd gone && rmdir ../gone", {}},
    {"bytes that are no text", "", {"TERM=\xff\xfe", "LANG=\xff", "COLUMNS=-1"}},
};

std::vector<std::string> commands(const std::string& result) {
  const std::string short_run =
      " fetch --strategies epoll --connections 2 --duration 50ms --warmup 20ms --trials 1 "
      "--grace 200ms --cpu-idle default";
  return {
      "--version",
      "help man",
      "list",
      "doctor",
      "run quick --dry-run",
      "run" + short_run + " --force --out r.json",
      "run file-read --strategies epoll --duration 50ms --trials 1 --file-bytes 1m --force --out "
      "f.json",
      "profile" + short_run + " --force --out p.json",
      "show " + result,
      "compare " + result,
      "history " + result,
      "report " + result + " --out page.html",
      "export " + result + " --format junit --out junit.xml",
      "gate " + result + " " + result,
      "run --resume " + result};
}

// They need a temporary folder before anything else, and minutes with one.
const std::vector<std::string> kInTemporaryFolders = {"gate --base-rev HEAD", "calibrate",
                                                      "gate --base " ASYNCBENCH_PROGRAM
                                                      " --candidate " ASYNCBENCH_PROGRAM};

TEST(CliRefusals, NoneOfTheEnvironmentIsAnInternalError) {
  const ScratchFolder folder;
  const Ended made =
      run_program({"run", "fetch", "--strategies", "epoll", "--connections", "2", "--duration",
                   "50ms", "--trials", "1", "--cpu-idle", "default", "--out", "made.json"},
                  {.folder = folder.path()});
  ASSERT_EQ(made.exit_code, 0) << made.err;
  for (const Refusal& refusal : kRefusals) {
    std::vector<std::string> all = commands((folder.path() / "made.json").string());
    if (!refusal.environment.empty() && refusal.environment.front().starts_with("TMPDIR")) {
      all.insert(all.end(), kInTemporaryFolders.begin(), kInTemporaryFolders.end());
    }
    for (const std::string& command : all) {
      SCOPED_TRACE(refusal.what + ": " + command);
      const std::string setting = refusal.limits.empty() ? "" : refusal.limits + "; ";
      const Ended ended = run_program(
          {"-c", setting + "exec " ASYNCBENCH_PROGRAM " " + command},
          {.folder = folder.path(), .environment = refusal.environment, .program = "/bin/sh"});
      EXPECT_NE(ended.exit_code, 7) << ended.err;
      EXPECT_LT(ended.exit_code, 126) << ended.err;
      EXPECT_THAT(ended.err, Not(HasSubstr("internal error")));
    }
  }
}

TEST(CliRefusals, MoreCellsThanARunCanHaveAreRefused) {
  const ScratchFolder folder;
  expect_refusal(run_program({"run", "fetch", "--strategies", "epoll", "--connections", "1..1000+1",
                              "--body-bytes", "1..1000+1", "--dry-run"},
                             {.folder = folder.path()}),
                 2, "a run has at most 10000");
}

}  // namespace
}  // namespace asyncbench::test
