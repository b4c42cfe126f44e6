// What the environment refuses: never an internal error, which is for bugs of ours alone.
#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>
#include <regex>
#include <string>
#include <vector>

#include "cli_checks.hpp"
#include "program.hpp"
#include "tests/sanitized.hpp"

namespace asyncbench::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct Refusal {
  std::string what;
  std::string limits;  // shell commands before the program
  std::vector<std::string> environment;
  bool ends_this_build = false;  // a sanitizer's runtime needs what is refused
};

const std::vector<Refusal> kRefusals = {
    {"no temporary folder", "", {"TMPDIR=/nonexistent"}},
    {"a temporary folder that is a device", "", {"TMPDIR=/dev/null"}},
    {"a folder of processes as the temporary one", "", {"TMPDIR=/proc"}},
    {"no home", "unset HOME XDG_STATE_HOME", {}},
    {"a home that is not there", "", {"HOME=/nonexistent", "XDG_STATE_HOME=/proc/none"}},
    {"no programs", "", {"PATH=/nonexistent"}},
    {"files of no size", "ulimit -f 0", {}, kUnderThreadSanitizer},
    {"little memory", "ulimit -v 60000", {}, kSanitized},
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

// Each command that measures knows it before it does, and says what helps.
TEST(CliRefusals, AStrategyWithoutTheCpusThatItNeedsIsRefusedByEachCommandAlike) {
  if (run_program({"run", "serve", "--strategies", "uring:sqpoll", "--pin", "none", "--dry-run"})
          .out.find("needs") != std::string::npos) {
    GTEST_SKIP() << "no io_uring, or one CPU";
  }
  const std::string needs = "uring:sqpoll needs 2 CPUs, and the subject has CPU";
  const std::vector<std::string> of_search = {
      "--crossover uring:sqpoll,epoll --over connections=1..8",
      "--strategies uring:sqpoll --objective 'p99<=1s'",
      "--strategies uring:sqpoll,epoll --usl --connections 1..8*2"};
  for (const std::string& question : of_search) {
    const Ended ended = run_program({"-c", "exec " ASYNCBENCH_PROGRAM " search serve " + question},
                                    {.program = "sh"});
    expect_refusal(ended, 5, needs);
    EXPECT_THAT(ended.err, HasSubstr("use --threads 2 or --pin subject="));
  }
  Arguments gate = {"gate",  "--base",       ASYNCBENCH_PROGRAM, "--candidate", ASYNCBENCH_PROGRAM,
                    "serve", "--strategies", "uring:sqpoll"};
  expect_refusal(run_program(gate), 5, needs);
  gate.back() = "uring:sqpoll,epoll";
  gate.emplace_back("--dry-run");
  std::string text = run_program(gate).out;
  std::ranges::replace(text, '\n', ' ');
  EXPECT_THAT(text, HasSubstr("not measured here: uring:sqpoll needs 2 CPUs"));
  for (const char* command :
       {"run serve --strategies uring:sqpoll,epoll", "versus uring:sqpoll epoll"}) {
    const Ended shown =
        run_program({"-c", std::string("exec " ASYNCBENCH_PROGRAM " ") + command + " --dry-run"},
                    {.program = "sh"});
    EXPECT_EQ(shown.exit_code, 5) << shown.err;
    EXPECT_THAT(shown.out, HasSubstr("not supported here: uring:sqpoll needs 2 CPUs"));
  }
  expect_refusal(run_program({"run", "serve", "--strategies", "epoll", "--peer-strategy",
                              "uring:sqpoll", "--dry-run"}),
                 2, "use --peer-threads 2 or --pin peer=");
  expect_refusal(run_program({"-c", "exec taskset -c 0 " ASYNCBENCH_PROGRAM
                                    " origin --strategy uring:sqpoll --port 0"},
                             {.program = "sh"}),
                 5, "uring:sqpoll needs 2 CPUs, and this process may use 1");
}

TEST(CliRefusals, NoneOfTheEnvironmentIsAnInternalError) {
  const ScratchFolder folder;
  const Ended made =
      run_program({"run", "fetch", "--strategies", "epoll", "--connections", "2", "--duration",
                   "50ms", "--trials", "1", "--cpu-idle", "default", "--out", "made.json"},
                  {.folder = folder.path()});
  ASSERT_EQ(made.exit_code, 0) << made.err;
  for (const Refusal& refusal : kRefusals) {
    if (refusal.ends_this_build) continue;
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

// Files and arguments with one thing that is far too long.
TEST(CliRefusals, QuoteForeignTextBriefly) {
  const ScratchFolder folder;
  const std::string token(100'000, 'x');  // Linux takes arguments of 128 KiB
  const std::string text(300'000, 'x');
  const std::string golden = GOLDEN_FOLDER "/export/result.json";
  nlohmann::json result = nlohmann::json::parse(std::ifstream(golden));
  const auto stored = [&](const char* name, const nlohmann::json& json) {
    return folder.file(name, json.dump());
  };
  nlohmann::json with_field = result;
  with_field[text] = 1;
  nlohmann::json newer = with_field;
  newer["schema"]["minor"] = 99;
  nlohmann::json same_ids = result;
  same_ids["cells"][0]["id"] = same_ids["cells"][1]["id"] = text;
  const std::vector<Arguments> refused = {
      {token},
      {"run", token},
      {"run", "fetch", "--strategies", token},
      {"run", "fetch", "--connections", token},
      {"run", "fetch", "--url", "http://" + token + "/"},
      {"run", "fetch", "--plugin", "./" + token},
      {"run", "fetch", "--duration", token},
      {"run", "--" + token},
      {"run", folder.file("key.toml", text + " = 1\n"), "--dry-run"},
      {"run", folder.file("name.toml", "[[cells]]\nworkload = \"" + text + "\"\n"), "--dry-run"},
      {"run", folder.file("value.toml", "[settings]\nseed = \"" + text + "\"\n"), "--dry-run"},
      {"show", token},
      {"show", stored("field.json", with_field)},
      {"show", stored("ids.json", same_ids)},
      {"show", folder.file("string.json", '"' + text)},
      {"show", folder.file("number.json", std::string(300'000, '1'))},
      {"show", folder.file("words.json", "\"" + std::string(300'000, ' ') + "\001")},
      {"show", golden, "--against", token},
      {"export", golden, "--format", token},
      {"export", golden, "--format", "hgrm", "--cell", token},
      {"origin", "--fault", token},
      {"history", token},
      {"help", token}};
  for (const Arguments& arguments : refused) {
    const Ended ended = run_program(arguments);
    const std::string label =
        arguments.front().substr(0, 20) + " " + arguments.back().substr(0, 40);
    EXPECT_NE(ended.exit_code, 0) << label;
    EXPECT_THAT(ended.err, testing::StartsWith("asyncbench: ")) << label;
    EXPECT_LT(ended.err.size(), 4'200U) << label;
  }
  const Ended ended = run_program({"show", stored("newer.json", newer)});
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_THAT(ended.err, HasSubstr("unknown field"));
  EXPECT_LT(ended.err.size(), 1'000U);
}

// A remedy is one that this command takes.
TEST(CliRefusals, NameOnlyOptionsThatTheCommandHas) {
  const ScratchFolder folder;
  const std::string golden = GOLDEN_FOLDER "/export/result.json";
  const std::string none = (folder.path() / "none" / "x").string();
  const std::string long_name = (folder.path() / std::string(300, 'x')).string();
  const std::string broken = folder.file("broken.json", "{");
  const std::vector<Arguments> refused = {
      {"export", golden, "--format", "junit", "--out", "/dev/full"},
      {"export", golden, "--format", "junit", "--out", none},
      {"export", golden, "--format", "junit", "--out", folder.path()},
      {"export", golden, "--format", "hgrm"},
      {"export", golden, "--format", "github-action-benchmark"},
      {"export", golden, "--format", "folded-difference"},
      {"export", golden, "--format", "folded"},
      {"export", golden, "--format", "perfetto"},
      {"export", golden},
      {"export", none, "--format", "junit"},
      {"report", golden, "--out", "/dev/full"},
      {"report", golden, "--out", none},
      {"report", golden, "--baseline", none},
      {"compare", golden, golden},
      {"gate", golden, none},
      {"run", "fetch", "--out", none},
      {"run", "fetch", "--out", "/dev/full"},
      {"run", "--resume", none},
      {"profile", "fetch", "--out", none},
      {"search", "fetch", "--out", none},
      {"versus", "epoll", "asio", "--out", none},
      {"calibrate", "fetch", "--out", none}};
  std::vector<Arguments> all = refused;
  for (const char* command : {"show", "compare", "report", "history", "gate"}) {
    for (const std::string& path : {none, long_name, broken, folder.path().string()}) {
      all.push_back({command, path});
    }
  }
  static const std::regex kOption("--[a-z][a-z-]*");
  for (const Arguments& arguments : all) {
    const Ended ended = run_program(arguments, {.folder = folder.path()});
    const std::string label = arguments[0] + " " + arguments.back();
    if (arguments[0] != "compare") {
      EXPECT_NE(ended.exit_code, 0) << label;
    }
    const std::string help = run_program({arguments[0], "--help"}).out;
    // What another command is asked to do is its own.
    const std::string said = std::regex_replace(ended.err, std::regex("asyncbench [a-z].*"), "");
    for (std::sregex_iterator at(said.begin(), said.end(), kOption), end; at != end; ++at) {
      EXPECT_THAT(help, HasSubstr(at->str())) << label << ": " << ended.err;
    }
  }
}

}  // namespace
}  // namespace asyncbench::test
