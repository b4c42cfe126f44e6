// `asyncbench gate` and `calibrate` as users type them, on real builds.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "cli_checks.hpp"
#include "program.hpp"

namespace asyncbench::test {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using Json = nlohmann::ordered_json;

std::string text_of(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

class GateTest : public ::testing::Test {
 protected:
  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }

  // The shortest gate that still measures; its times mean nothing.
  std::vector<std::string> gate(const std::string& candidate, const char* pairs,
                                const char* delay = "2ms") const {
    return {"gate",
            "--base",
            ASYNCBENCH_PROGRAM,
            "--candidate",
            candidate,
            "--pairs",
            pairs,
            "--out",
            path("g.json"),
            "--json",
            "fetch",
            "--strategies",
            "epoll",
            "--connections",
            "2",
            "--duration",
            "50ms",
            "--warmup",
            "20ms",
            "--cpu-idle",
            "default",
            "--peer-strategy",
            "asio",
            "--server-delay",
            delay};
  }

  const ScratchFolder folder_;
};

TEST_F(GateTest, MeasuresBothBuildsAndReportsInEveryForm) {
  std::vector<std::string> arguments = gate(ASYNCBENCH_PROGRAM, "8");
  arguments.insert(arguments.end(), {"--markdown", path("g.md"), "--junit", path("g.xml")});
  const Ended ended = run_program(arguments, {.folder = folder_.path()});
  EXPECT_THAT(ended.exit_code, AnyOf(0, 1, 3, 4)) << ended.err;
  const Json document = Json::parse(ended.out);
  EXPECT_EQ(document.at("result"), path("g.json"));
  EXPECT_GE(document.at("pairs").get<int>(), 8);
  ASSERT_EQ(document.at("figures").size(), 4u);
  EXPECT_EQ(document.at("sentinel").size(), 4u);
  EXPECT_THAT(text_of(path("g.md")), HasSubstr("### asyncbench gate: "));
  EXPECT_THAT(text_of(path("g.xml")), HasSubstr("<testsuite "));

  const Json result = Json::parse(std::ifstream(path("g.json")));
  EXPECT_TRUE(result.at("run").at("complete").get<bool>());
  const Ended again = run_program({"show", path("g.json")});
  EXPECT_EQ(again.exit_code, 0) << again.err;
}

// Only the count can show it: the times of so short trials show nothing. Where system calls cannot
// be counted, only context switches and bytes are compared, and the planted call is not found.
TEST_F(GateTest, FindsAPlantedSystemCallByCounting) {
  ::setenv("PLANTED_SYSCALLS", "1", 1);
  const Ended ended = run_program(gate(PLANTED_PROGRAM, "1", "0"), {.folder = folder_.path()});
  ::unsetenv("PLANTED_SYSCALLS");
  const Json document = Json::parse(ended.out);
  bool counted = false;
  for (const Json& row : document.at("counts")) {
    if (row.at("counted") != "syscalls" || !row.at("repeatable").get<bool>()) continue;
    counted = true;
    EXPECT_EQ(row.at("verdict"), "regression") << row;
    EXPECT_NEAR(row.at("candidate").get<double>() - row.at("base").get<double>(), 1, 0.1);
  }
  if (!counted) GTEST_SKIP() << "system calls cannot be counted here, or did not repeat themselves";
  EXPECT_THAT(ended.exit_code, AnyOf(1, 4));
}

TEST_F(GateTest, ShowsItsPlanAndMeasuresNothing) {
  std::vector<std::string> arguments = gate("/nowhere", "8");
  arguments.emplace_back("--dry-run");
  const Ended ended = run_program(arguments, {.folder = folder_.path()});
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  for (const char* build : {"base", "candidate", "sentinel"}) {
    EXPECT_THAT(ended.out, HasSubstr(std::string("fetch/strategy:epoll/build:") + build));
  }
  EXPECT_THAT(ended.out, HasSubstr("8 pairs of each cell; where they do not decide, 16"));
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));

  const Ended calibrate =
      run_program({"calibrate", "--gates", "3", "--dry-run", "fetch", "--strategies", "epoll"},
                  {.folder = folder_.path()});
  EXPECT_EQ(calibrate.exit_code, 0) << calibrate.err;
  EXPECT_THAT(calibrate.out, HasSubstr("3 such gates"));
}

TEST_F(GateTest, TakesTwoStoredResults) {
  const std::string result = path("r.json");
  const Ended run =
      run_program({"run",        "fetch",   "--strategies",    "epoll", "--connections",  "2",
                   "--duration", "50ms",    "--warmup",        "20ms",  "--trials",       "8",
                   "--cpu-idle", "default", "--peer-strategy", "asio",  "--server-delay", "2ms",
                   "--out",      result});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const Ended ended = run_program({"gate", result, result});
  // The results are identical to the last digit, so it is certain that nothing got worse.
  EXPECT_EQ(ended.exit_code, 0) << ended.out << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("weaker"));
  EXPECT_THAT(ended.out, HasSubstr("PASS: "));
}

TEST_F(GateTest, NamesWhatIsWrongWithItsInput) {
  struct Bad {
    std::vector<std::string> arguments;
    std::string says;
  };
  const std::string self = ASYNCBENCH_PROGRAM;
  const std::vector<Bad> inputs = {
      {{"gate"}, "nothing to compare"},
      {{"gate", "--base", self}, "--base without --candidate"},
      {{"gate", "--base", "/nowhere", "--candidate", self}, "--base /nowhere"},
      {{"gate", "--base", "/etc/passwd", "--candidate", self}, "not a program"},
      {{"gate", "--base-rev", "HEAD", "--base", self}, "--base-rev builds both programs"},
      {{"gate", "--base-rev", "HEAD"}, "no git repository"},
      {{"gate", "--base", self, "--candidate", self, "--margin", "0%"}, "--margin"},
      {{"gate", "--base", self, "--candidate", self, "--pairs", "many"}, "many"},
      {{"gate", "--base", self, "--candidate", self, "fetch", "--trials", "3"}, "--pairs"},
      {{"gate", "--base", self, "--candidate", self, "fetch", "--connections", "1..64*2",
        "--strategies", "epoll"},
       "at most 6 can be gated"},
      {{"gate", "--base", self, "--candidate", self, "fetsh"}, "did you mean fetch"},
      {{"gate", "--base", self, "--candidate", self, "--margn", "5%"}, "--margn"},
      {{"calibrate", "--gates", "0"}, "at least 1"},
  };
  for (const Bad& bad : inputs) {
    SCOPED_TRACE(::testing::PrintToString(bad.arguments));
    expect_refusal(run_program(bad.arguments, {.folder = folder_.path()}), 2, bad.says);
  }
}

TEST_F(GateTest, CalibratesWithABuildAgainstItself) {
  ::setenv("XDG_STATE_HOME", folder_.path().c_str(), 1);
  const Ended ended =
      run_program({"calibrate", "--gates", "1", "--json", "fetch", "--strategies", "epoll",
                   "--connections", "2", "--duration", "50ms", "--warmup", "20ms", "--cpu-idle",
                   "default", "--peer-strategy", "asio", "--server-delay", "2ms"},
                  {.folder = folder_.path()});
  EXPECT_THAT(ended.exit_code, AnyOf(0, 4)) << ended.err;
  const Json document = Json::parse(ended.out);
  EXPECT_EQ(document.at("gates"), 1);
  EXPECT_EQ(document.at("spreads").size(), 3u);
  EXPECT_TRUE(std::filesystem::exists(folder_.path() / "asyncbench/calibration.json"));
  EXPECT_THAT(run_program({"doctor"}).out, HasSubstr("1 gates, "));
  ::unsetenv("XDG_STATE_HOME");
}

}  // namespace
}  // namespace asyncbench::test
