// `asyncbench gate` and `calibrate` as users type them, on real builds.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <signal.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

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

bool fact_of(const std::string& result, const char* name) {
  return Json::parse(std::ifstream(result)).at("environment").at(name).get<bool>();
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

// Results as stored by hand: the same check as that of compare, and the gate's own guards.
TEST_F(GateTest, HoldsStoredResultsToItsGuards) {
  const std::string base = path("r.json");
  const Ended run = run_program(
      {"run",        "fetch",   "--strategies",    "epoll,asio", "--connections",  "2",
       "--duration", "50ms",    "--warmup",        "20ms",       "--trials",       "9",
       "--cpu-idle", "default", "--peer-strategy", "asio",       "--server-delay", "2ms",
       "--turns",    "off",     "--out",           base});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  struct Case {
    std::function<void(Json&)> change;
    int exit_code;
    std::string says;
  };
  const auto fact = [](const char* name, Json value) {
    return [=](Json& result) { result["environment"][name] = value; };
  };
  const auto plan = [](const char* name, Json value) {
    return [=](Json& result) { result["plan"][name] = value; };
  };
  const std::vector<Case> cases = {
      {fact("compiler", "another"), 0, "the builds differ in compiler: "},
      {fact("kernel", "0.1"), 2, "cannot be compared: kernel: "},
      {plan("window_ns", 49'000'000), 2, "cannot be compared: window_ns: "},
      {plan("subject_cpus", Json::array({0, 1})), 2, "cannot be compared: subject_cpus: "},
      {plan("peer_strategy", "uring"), 2, "cannot be compared: peer_strategy: "},
      {[](Json& result) { result["plan"]["options"]["threads"] = 2; }, 2, "threads: 1 and 2"},
      {[](Json& result) { result["cells"].erase(1); }, 3, ": only the base has it"},
      {fact("optimized", !fact_of(base, "optimized")), 4, "not optimized"},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.says);
    Json changed = Json::parse(std::ifstream(base));
    one.change(changed);
    const std::string candidate = folder_.file("changed.json", changed.dump());
    const Ended ended = run_program({"gate", base, candidate});
    EXPECT_EQ(ended.exit_code, one.exit_code) << ended.out << ended.err;
    // Unwrapped.
    std::string said = ended.out + ended.err;
    std::ranges::replace(said, '\n', ' ');
    EXPECT_THAT(said, HasSubstr(one.says));
    EXPECT_EQ(said.find("PASS") != std::string::npos, one.exit_code == 0);
    // compare does not refuse another peer: it then compares strategies within each result.
    const bool is_refused =
        one.exit_code == 2 && one.says.find("peer_strategy") == std::string::npos;
    EXPECT_EQ(run_program({"compare", base, candidate}).exit_code, is_refused ? 2 : 0);
    const Ended page =
        run_program({"report", candidate, "--baseline", base, "--out", path("p.html")});
    EXPECT_EQ(page.exit_code, one.exit_code == 2 ? 2 : 0) << page.err;
  }
}

// A gate that is killed leaves a folder with the sentinel; whatever comes next removes it.
TEST_F(GateTest, LeavesNothingBehindOnceAnythingElseRuns) {
  const std::filesystem::path temporary = folder_.path() / "tmp";
  std::filesystem::create_directory(temporary);
  const std::vector<std::string> environment = {"TMPDIR=" + temporary.string()};
  {
    Program killed(gate(ASYNCBENCH_PROGRAM, "20"),
                   {.folder = folder_.path(), .environment = environment});
    while (!std::filesystem::exists(path("g.json.journal"))) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    EXPECT_FALSE(std::filesystem::is_empty(temporary));
    killed.signal(SIGKILL);
    EXPECT_EQ(killed.wait().exit_code, 128 + SIGKILL);
  }
  EXPECT_FALSE(std::filesystem::is_empty(temporary));
  folder_.file("next.json.1.0.tmp", "half a result");
  const Ended next =
      run_program({"run", "fetch", "--strategies", "epoll", "--connections", "1", "--duration",
                   "50ms", "--warmup", "0", "--trials", "1", "--cpu-idle", "default",
                   "--peer-strategy", "asio", "--out", path("next.json")},
                  {.folder = folder_.path(), .environment = environment});
  EXPECT_EQ(next.exit_code, 0) << next.err;
  EXPECT_TRUE(std::filesystem::is_empty(temporary));
  EXPECT_FALSE(std::filesystem::exists(path("next.json.1.0.tmp")));
  // Its journal is in nobody's way: builds can only be compared anew.
  std::vector<std::string> again = gate(ASYNCBENCH_PROGRAM, "1");
  again.insert(again.end(), {"--turns", "off"});
  EXPECT_THAT(run_program(again, {.folder = folder_.path(), .environment = environment}).exit_code,
              AnyOf(0, 3, 4));
  EXPECT_TRUE(std::filesystem::is_empty(temporary));
  EXPECT_FALSE(std::filesystem::exists(path("g.json.journal")));
}

TEST_F(GateTest, DoesNotPassOverAStrategyThatWasNamedAndCannotRunHere) {
  std::vector<std::string> arguments = gate(ASYNCBENCH_PROGRAM, "1");
  std::ranges::replace(arguments, std::string("epoll"), std::string("epoll,uring"));
  arguments.insert(arguments.end(), {"--turns", "off"});
  const Ended ended = run_program(arguments, {.folder = folder_.path(), .forbid_io_uring = true});
  EXPECT_THAT(ended.exit_code, AnyOf(3, 4)) << ended.err;
  EXPECT_THAT(
      Json::parse(ended.out).at("reasons").dump(),
      HasSubstr("strategy:uring/connections:2/body_bytes:12/server_delay:2ms: not measured here"));
}

TEST_F(GateTest, RunWarnsOfABuildWithoutOptimization) {
  const Ended version = run_program({"--version"});
  const bool is_optimized = version.out.find("optimized       true") != std::string::npos;
  const Ended run =
      run_program({"run", "fetch", "--strategies", "epoll", "--connections", "1", "--duration",
                   "50ms", "--trials", "1", "--cpu-idle", "default", "--out", path("r.json")});
  EXPECT_EQ(run.err.find("without optimization") == std::string::npos, is_optimized) << run.err;
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
      {{"gate", "--base-rev", "HEAD"}, "not a git repository"},
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
  const Ended ended = run_program(
      {"calibrate", "--gates",       "1",       "--json",          "fetch", "--strategies",
       "epoll",     "--connections", "2",       "--duration",      "50ms",  "--warmup",
       "20ms",      "--cpu-idle",    "default", "--peer-strategy", "asio",  "--server-delay",
       "2ms",       "--turns",       "off"},
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
