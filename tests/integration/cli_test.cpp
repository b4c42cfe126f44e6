// The whole program: what users type, what they read, and the exit code.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <nlohmann/json.hpp>
#include <regex>
#include <string>
#include <vector>

#include "cli_checks.hpp"
#include "program.hpp"
#include "tests/sanitized.hpp"

namespace asyncbench::test {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

using Arguments = std::vector<std::string>;

const std::vector<std::string> kCommands = {
    "run",  "search", "list",   "compare", "gate",        "calibrate",
    "show", "export", "doctor", "origin",  "participant", "participant-check"};

// The width of UTF-8 text; every character that we use is one column wide.
std::ptrdiff_t columns_of(const std::string& line) {
  return std::ranges::count_if(line, [](char byte) { return (byte & 0xC0) != 0x80; });
}

void expect_eighty_columns(const std::string& text) {
  for (const std::string& line : lines_of(text)) EXPECT_LE(columns_of(line), 80) << line;
}

// The text on one line, so that it does not matter where it was wrapped.
std::string unwrapped(const std::string& text) {
  return std::regex_replace(text, std::regex("\\s+"), " ");
}

struct BadInput {
  Arguments arguments;
  std::string says;
};

void expect_usage_errors(const std::vector<BadInput>& inputs) {
  const ScratchFolder folder;
  for (const BadInput& input : inputs) {
    SCOPED_TRACE(::testing::PrintToString(input.arguments));
    expect_refusal(run_program(input.arguments, {.folder = folder.path()}), 2, input.says);
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

// The shortest run that still measures.
Arguments short_run(Arguments arguments) {
  for (const char* more : {"--connections", "2", "--duration", "100ms", "--warmup", "20ms",
                           "--trials", "1", "--grace", "200ms", "--cpu-idle", "default"}) {
    arguments.emplace_back(more);
  }
  // Little's law includes the client's own time between two requests: where that is slow, the
  // server must be even slower.
  if (kSanitized) arguments.insert(arguments.end(), {"--server-delay", "20ms"});
  return arguments;
}

TEST(Cli, WithoutACommandShowsWhatThereIs) {
  const Ended ended = run_program({});
  EXPECT_EQ(ended.exit_code, 2);
  for (const std::string& command : kCommands) EXPECT_THAT(ended.err, HasSubstr("  " + command));
}

TEST(Cli, HelpFitsIntoEightyColumnsAndHasExamplesAndExitCodes) {
  std::vector<Arguments> helps = {{"--help"}};
  for (const std::string& command : kCommands) helps.push_back({command, "--help"});
  for (const Arguments& arguments : helps) {
    SCOPED_TRACE(::testing::PrintToString(arguments));
    const Ended ended = run_program(arguments);
    EXPECT_EQ(ended.exit_code, 0);
    EXPECT_THAT(ended.err, IsEmpty());
    expect_eighty_columns(ended.out);
    if (arguments.front() == "participant") continue;
    EXPECT_THAT(ended.out, HasSubstr("Examples:"));
    EXPECT_THAT(ended.out, HasSubstr("Exit codes:"));
  }
}

TEST(Cli, VersionSaysWhatWasBuiltIn) {
  const Ended ended = run_program({"--version"});
  EXPECT_EQ(ended.exit_code, 0);
  EXPECT_THAT(ended.out, StartsWith("asyncbench "));
  for (const std::string fact :
       {"compiler ", "build_type ", "git_commit ", "fmt ", "liburing ", "libcurl ", "io_uring "}) {
    EXPECT_THAT(ended.out, HasSubstr(fact));
  }
#if defined(__clang__)
  EXPECT_THAT(ended.out, HasSubstr("clang 1"));
#else
  EXPECT_THAT(ended.out, HasSubstr("g++ 1"));
#endif
}

TEST(Cli, RunHelpTellsUnitsAndDefaults) {
  const std::string help = unwrapped(run_program({"run", "--help"}).out);
  EXPECT_THAT(help, HasSubstr("Units:"));
  EXPECT_THAT(help, HasSubstr("(default 3s)"));
  EXPECT_THAT(help, HasSubstr("(default asyncbench-<UTC>.json)"));
}

TEST(Cli, MistypedNamesAreAnsweredWithTheNearest) {
  expect_usage_errors({
      {{"runn"}, "did you mean run?"},
      {{"docter"}, "did you mean doctor?"},
      {{"run", "fetsh"}, "did you mean fetch?"},
      {{"run", "fetch", "--strategies", "urin"}, "did you mean uring?"},
      {{"run", "fetch", "--strategies", "asio,thread_per_conection"},
       "did you mean thread_per_connection?"},
      {{"run", "fetch", "--peer-strategy", "asoi"}, "did you mean asio?"},
      {{"run", "fetch", "--conections", "1"}, "did you mean --connections?"},
      {{"run", "fetch", "--strategy=asio"}, "did you mean --strategies?"},
      {{"list", "--jason"}, "did you mean --json?"},
      {{"origin", "--strategy", "assio"}, "did you mean asio?"},
      {{"origin", "--prt", "0"}, "did you mean --port?"},
  });
}

TEST(Cli, ImpossibleValuesAreRefusedByName) {
  expect_usage_errors({
      {{"run", "fetch", "--connections", "0"}, "connections"},
      {{"run", "fetch", "--connections", "-1"}, "--connections"},
      {{"run", "fetch", "--connections", "many"}, "--connections"},
      {{"run", "fetch", "--connections", "8..1*2"}, "--connections"},
      {{"run", "fetch", "--body-bytes", "1q"}, "--body-bytes"},
      {{"run", "fetch", "--server-delay", "gauss:1ms"}, "--server-delay"},
      {{"run", "fetch", "--keep-alive", "maybe"}, "--keep-alive"},
      {{"run", "fetch", "--arrivals", "poisson:0"}, "--arrivals"},
      {{"run", "fetch", "--arrivals", "constant:-5"}, "--arrivals"},
      {{"run", "fetch", "--verify", "some"}, "--verify"},
      {{"run", "fetch", "--duration", "5"}, "--duration"},
      {{"run", "fetch", "--duration", "-1s"}, "--duration"},
      {{"run", "fetch", "--duration", "0"}, "duration"},
      {{"run", "fetch", "--duration"}, "--duration"},
      {{"run", "fetch", "--trials", "0"}, "trials"},
      {{"run", "fetch", "--threads", "0"}, "threads"},
      {{"run", "fetch", "--seed", "dice"}, "--seed"},
      {{"run", "fetch", "--pin", "subject=99999"}, "99999"},
      {{"run", "fetch", "--cpu-idle", "never"}, "--cpu-idle"},
      {{"run"}, "no workload"},
      {{"run", "fetch", "serve"}, "unexpected argument"},
      {{"run", "fetch", "--resume", "r.json"}, "--resume"},
      {{"run", "--resume", "r.json"}, "r.json"},
      {{"origin", "--port", "70000"}, "--port"},
      {{"origin", "--threads", "0"}, "--threads"},
      {{"origin", "--fault", "S99"}, "fault"},
      {{"origin", "--fault", "S05"}, "/fault/S05"},
      {{"origin", "--freeze", "1s"}, "1s/5s"},
      {{"origin", "--freeze", "5s/1s"}, "--freeze"},
      {{"origin", "--tls", "/nonexistent/cert.pem"}, "No such file"},
      {{"origin", "--tls", "cert.pem", "--tls-version", "1.1"}, "1.3, 1.2"},
      {{"origin", "--tls", "cert.pem", "--protocol", "echo"}, "--tls does not go with"},
      {{"origin", "--protocol", "ehco"}, "did you mean echo?"},
      {{"origin", "--protocol", "echo", "--fault", "S04"}, "--fault does not go with"},
      {{"origin", "--message-bytes", "8"}, "--message-bytes does not go with"},
      {{"show"}, "result"},
  });
}

TEST(Cli, ParametersBelongToTheirWorkload) {
  expect_usage_errors({
      {{"run", "fetch", "--timers", "5"}, "it belongs to timers"},
      {{"run", "timers", "--connections", "5"}, "it belongs to fetch, serve"},
      {{"run", "timers", "--timers", "0"}, "between 1 and 1000000"},
      {{"run", "timers", "--period", "1ns"}, "at least 100us"},
      {{"run", "interference", "--burn-share", "2"}, "a share such as"},
      {{"run", "gather", "--fan-out", "0"}, "between 1 and 1000"},
      {{"run", "fetch", "--strategies", "urink:*"}, "urink"},
  });
}

TEST(Cli, FilesThatCannotBeHadAreRefusedBeforeMeasuring) {
  expect_usage_errors({
      {{"run", "file-read", "--folder", "/nonexistent"}, "no file can be made in /nonexistent"},
      {{"run", "file-write", "--folder", "/proc"}, "--folder"},
      {{"run", "file-read", "--cache", "cold", "--file-bytes", "1000000g"}, "are free in"},
      {{"run", "file-read", "--file-bytes", "1000000g"}, "page cache"},
      {{"run", "file-read", "--direct", "on", "--folder", "/dev/shm"}, "kept in memory"},
      {{"run", "file-read", "--direct", "on", "--cache", "cold"}, "bypasses"},
      {{"run", "file-read", "--direct", "on", "--block-bytes", "1000"}, "multiple of 512"},
      {{"run", "file-write", "--sync", "every:0"}, "sync"},
      {{"run", "file-write", "--cache", "cold"}, "file-read"},
      {{"run", "fetch", "--folder", "/tmp"}, "--folder"},
  });
}

TEST(Cli, UrlListsThatCannotBeUsedAreRefused) {
  const ScratchFolder folder;
  const std::string empty = folder.file("empty.txt", "# nothing here\n\n");
  const std::string nonsense = folder.file("nonsense.txt", "http://[::1\n");
  const std::string remote = folder.file("remote.txt", "http://192.0.2.1/\n");
  expect_usage_errors({
      {{"run", "fetch", "--urls-from", (folder.path() / "missing.txt").string()}, "No such file"},
      {{"run", "fetch", "--urls-from", folder.path().string()}, "directory"},
      {{"run", "fetch", "--urls-from", empty}, "no URL"},
      {{"run", "fetch", "--urls-from", nonsense}, "http://[::1"},
      {{"run", "fetch", "--urls-from", remote}, "--allow-remote"},
      {{"run", "fetch", "--url", "ftp://127.0.0.1/"}, "ftp"},
      {{"run", "serve", "--url", "http://127.0.0.1/"}, "fetch"},
      {{"run", "fetch", "--url", "https://127.0.0.1/", "--tls", "on"}, "tls is for the embedded"},
      {{"run", "fetch", "--url", "https://127.0.0.1/", "--ca", "missing.pem"},
       "missing.pem: No such"},
      {{"run", "fetch", "--url", "http://127.0.0.1/", "--insecure"}, "there is none"},
  });
}

TEST(Cli, HandshakesAreMeasuredApartAndNoCertificateEntersAResult) {
  const ScratchFolder folder;
  const Surroundings here{.folder = folder.path()};
  const Ended run = run_program({"run",           "fetch", "--tls",        "on",
                                 "--keep-alive",  "off",   "--strategies", "epoll,curl_multi",
                                 "--connections", "2",     "--trials",     "1",
                                 "--duration",    "200ms", "--warmup",     "50ms",
                                 "--turns",       "off",   "--cpu-idle",   "default",
                                 "--out",         "r.json"},
                                here);
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const nlohmann::json result = read_json(folder, "r.json");
  for (const auto& cell : result["cells"]) {
    const auto& trial = cell["trials"][0];
    EXPECT_GT(trial["outcomes"]["ok"].get<int>(), 0);
    // libcurl does not tell it.
    EXPECT_EQ(trial["series"].contains("handshake_time"), cell["strategy"] == "epoll");
  }
  EXPECT_THAT(folder.read("r.json"), Not(HasSubstr("-----BEGIN")));
}

TEST(Cli, ErrorsCarryNoTerminalEscapes) {
  expect_refusal(run_program({"run", "\033[2Jfetch\nfetch"}), 2, "?[2Jfetch");
}

TEST(Cli, AnOutputFolderThatCannotBeWrittenIsKnownBeforeMeasuring) {
  const auto begun = std::chrono::steady_clock::now();
  const Ended ended = run_program({"run", "fetch", "--strategies", "asio", "--duration", "30s",
                                   "--out", "/nonexistent/folder/r.json"});
  expect_refusal(ended, 6, "/nonexistent/folder");
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(10));
}

TEST(Cli, TooFewDescriptorsAreRefusedWithTheNumberNeeded) {
  const ScratchFolder folder;
  const Ended ended = run_program({"run", "fetch", "--strategies", "asio", "--connections", "1000"},
                                  {.folder = folder.path(), .descriptors = 64});
  expect_refusal(ended, 2, "descriptors");
  EXPECT_TRUE(std::regex_search(ended.err, std::regex("1[0-9]{3}"))) << ended.err;
  EXPECT_THAT(ended.err, HasSubstr("ulimit -Hn 1"));
}

TEST(Cli, DryRunShowsCellsAndTimeAndLeavesNothingBehind) {
  const ScratchFolder folder;
  const Ended ended = run_program(
      {"run", "fetch", "--strategies", "asio,uring", "--connections", "1,64", "--dry-run"},
      {.folder = folder.path()});
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("fetch/strategy:asio/connections:64"));
  EXPECT_THAT(ended.out, HasSubstr("4 cells"));
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(Cli, ListSaysWhichStrategySupportsWhatAndWhyNot) {
  const Ended text = run_program({"list"});
  EXPECT_EQ(text.exit_code, 0);
  expect_eighty_columns(text.out);
  EXPECT_THAT(text.out, ContainsRegex("server[ \n]+and[ \n]+client;[ \n]+family:[ \n]+Go"));
  EXPECT_THAT(text.out, ContainsRegex("[(; \n]server;[ \n]+family:[ \n]+nginx"));

  const auto json = nlohmann::json::parse(run_program({"list", "--json"}).out);
  bool found = false;
  for (const auto& strategy : json["strategies"]) {
    if (strategy["name"] != "curl_multi") continue;
    found = true;
    EXPECT_EQ(strategy["family"], "libcurl");
    EXPECT_TRUE(strategy["workloads"]["fetch"]["supported"]);
    EXPECT_FALSE(strategy["workloads"]["serve"]["supported"]);
    EXPECT_EQ(strategy["workloads"]["serve"]["reason"],
              "curl_multi offers no server side and no byte streams");
    EXPECT_EQ(strategy["workloads"]["file-read"]["reason"],
              "curl_multi offers no file operations of its own");
    EXPECT_EQ(strategy["workloads"]["timers"]["reason"], "curl_multi offers no timers of its own");
    EXPECT_TRUE(strategy["workloads"]["scrape"]["supported"]);
  }
  EXPECT_TRUE(found);
}

TEST(Cli, DoctorNamesARemedyForWhateverIsNotOk) {
  const Ended text = run_program({"doctor"});
  EXPECT_EQ(text.exit_code, 0);
  expect_eighty_columns(text.out);

  const auto json = nlohmann::json::parse(run_program({"doctor", "--json"}).out);
  EXPECT_GT(json["checks"].size(), 15u);
  for (const auto& check : json["checks"]) {
    EXPECT_EQ(check["remedy"].is_null(), check["severity"] == "ok") << check;
  }
}

TEST(CliWithoutIoUring, ListAndDoctorSayWhy) {
  const Surroundings forbidden{.forbid_io_uring = true};
  EXPECT_THAT(run_program({"list"}, forbidden).out, HasSubstr("io_uring_setup"));
  const auto json = nlohmann::json::parse(run_program({"doctor", "--json"}, forbidden).out);
  for (const auto& check : json["checks"]) {
    if (check["name"] == "io_uring") {
      EXPECT_EQ(check["severity"], "warning");
    }
  }
}

TEST(CliWithoutIoUring, TheRestIsMeasuredAndANamedOneMakesTheRunIncomplete) {
  const ScratchFolder folder;
  const Surroundings forbidden{.folder = folder.path(), .forbid_io_uring = true};
  const Ended named =
      run_program(short_run({"run", "fetch", "--strategies", "asio,uring"}), forbidden);
  EXPECT_EQ(named.exit_code, 5) << named.err;
  EXPECT_THAT(named.out, HasSubstr("asio"));
  const Ended all = run_program(short_run({"run", "fetch", "--strategies", "all"}), forbidden);
  EXPECT_EQ(all.exit_code, 0) << all.err;
}

TEST(CliWithoutIoUring, OriginServesWithAnotherStrategyUnlessUringWasNamed) {
  const Surroundings forbidden{.forbid_io_uring = true};
  Program origin({"origin", "--port", "0"}, forbidden);
  EXPECT_THAT(origin.line_of_output(), HasSubstr("asio"));
  origin.signal(SIGTERM);
  EXPECT_EQ(origin.wait().exit_code, 0);
  expect_refusal(run_program({"origin", "--strategy", "uring", "--port", "0"}, forbidden), 5,
                 "io_uring_setup");
}

TEST(CliRun, PrintsATableAndStoresAResultThatShowPrintsAgain) {
  const ScratchFolder folder;
  const Ended run = run_program(
      short_run({"run", "fetch", "--strategies", "thread_per_connection,asio", "--out", "r.json"}),
      {.folder = folder.path()});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("thread_per_connection"));
  EXPECT_THAT(run.out, HasSubstr("r.json"));
  expect_eighty_columns(run.out);

  const Ended show = run_program({"show", "r.json"}, {.folder = folder.path()});
  EXPECT_EQ(show.exit_code, 0) << show.err;
  EXPECT_THAT(show.out, Not(IsEmpty()));
  EXPECT_THAT(run.out, HasSubstr(lines_of(show.out).front()));
}

// K12 of docs/faults.md.
TEST(CliRun, RefusesMoreIdleConnectionsThanDescriptorsWithTheNumber) {
  const ScratchFolder folder;
  const Ended ended = run_program({"run", "echo", "--strategies", "asio", "--idle", "10000"},
                                  {.folder = folder.path(), .descriptors = 4096});
  expect_refusal(ended, 2, "10128 descriptors are needed, but the hard limit is 4096");
}

TEST(CliRun, KeepsTenThousandIdleConnectionsOpenAndTellsTheMemoryOfOne) {
  constexpr rlim_t kNeeded = 10'200;
  rlimit limit{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  if (limit.rlim_max < kNeeded) GTEST_SKIP() << "the hard limit of descriptors is too low";
  // A low soft limit must not matter.
  const rlimit low{256, limit.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &low), 0);
  const ScratchFolder folder;
  // With the usual grace: all connections prove themselves after the window.
  Arguments arguments{"run", "echo", "--strategies", "asio", "--json"};
  for (const char* more : {"--idle", "10000", "--connections", "2", "--duration", "100ms",
                           "--warmup", "300ms", "--trials", "1", "--cpu-idle", "default"}) {
    arguments.emplace_back(more);
  }
  // The deadline is ten times the usual one: on a busy machine, a slow server does not answer ten
  // thousand connections within five seconds.
  if (kSanitized) arguments.insert(arguments.end(), {"--deadline", "50s"});
  const Ended ended = run_program(arguments, {.folder = folder.path()});
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  const auto cell = nlohmann::json::parse(ended.out)["cells"][0];
  const auto trial = cell["trials"][0];
  EXPECT_EQ(trial["items"][0]["outcomes"]["ok"], 10'000);
  EXPECT_EQ(trial["curves"]["private_bytes_by_connections"].size(), 9u);
  EXPECT_GT(cell["summary"]["figures"]["memory_per_connection_bytes"]["median"], 100);
}

// The limit of descriptors is what a server has for its connections, whatever its strategy: what
// preflight lets pass is measured.
TEST(CliRun, KeepsIdleConnectionsUpToTheLimitOfDescriptors) {
  const ScratchFolder folder;
  const std::string strategies = kUnderThreadSanitizer ? "epoll,asio" : "uring,epoll,asio";
  const Ended ended = run_program(
      {"run", "echo", "--strategies", strategies, "--json", "--idle", "520", "--connections", "2",
       "--duration", "100ms", "--warmup", "100ms", "--trials", "1", "--cpu-idle", "default"},
      {.folder = folder.path(), .descriptors = 600});
  // 5: a strategy was named that this host cannot run.
  ASSERT_THAT(ended.exit_code, testing::AnyOf(0, 5)) << ended.err;
  const auto result = nlohmann::json::parse(ended.out);
  for (const auto& cell : result["cells"]) {
    if (cell["status"] == "unsupported") continue;
    EXPECT_EQ(cell["status"], "measured") << cell["id"];
    ASSERT_FALSE(cell["trials"].empty()) << cell["id"];
    EXPECT_TRUE(cell["trials"][0]["valid"]) << cell["trials"][0]["reason"];
    EXPECT_EQ(cell["trials"][0]["items"][0]["outcomes"]["ok"], 520) << cell["id"];
  }
}

TEST(CliRun, PrintsTheResultAsJson) {
  const ScratchFolder folder;
  const Ended run = run_program(short_run({"run", "fetch", "--strategies", "asio", "--json"}),
                                {.folder = folder.path()});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const auto json = nlohmann::json::parse(run.out);
  EXPECT_EQ(json["schema"]["name"], "asyncbench-result");
  EXPECT_EQ(json["cells"][0]["strategy"], "asio");
  EXPECT_FALSE(json["cells"][0]["summary"]["throughput_per_s"].is_null());
}

TEST(CliRun, EndsCleanlyOnCtrlCAndKeepsThePartialResult) {
  const ScratchFolder folder;
  Program run({"run", "fetch", "--strategies", "asio", "--connections", "2", "--duration", "100ms",
               "--warmup", "20ms", "--trials", "500", "--out", "r.json"},
              {.folder = folder.path()});
  // The journal has its header once the run has begun; the first line of progress comes after it.
  while (run.line_of_errors().find("[1/") == std::string::npos) {
  }
  run.signal(SIGINT);
  const Ended ended = run.wait();
  EXPECT_EQ(ended.exit_code, 130) << ended.err;
  EXPECT_TRUE(std::filesystem::exists(folder.path() / "r.json"));
  EXPECT_THAT(ended.out + ended.err, HasSubstr("--resume"));
}

TEST(CliShow, RefusesBrokenResultsAndSaysWhere) {
  const ScratchFolder folder;
  const std::string torn = folder.file("torn.json", "{\"schema\": {\"name\": \"asyncbench-res");
  const std::string other = folder.file("other.json", "{\"hello\": 1}");
  const std::string newer = folder.file(
      "newer.json", R"({"schema": {"name": "asyncbench-result", "major": 99, "minor": 0}})");
  const std::string twice = folder.file("twice.json", R"({"run": 1, "run": 2})");
  const std::string infinite = folder.file("infinite.json", R"({"run": 1e999})");
  const std::string empty = folder.file("empty.json", "");
  expect_usage_errors({
      {{"show", torn}, "byte"},
      {{"show", other}, "byte"},
      {{"show", newer}, "newer"},
      {{"show", twice}, "byte"},
      {{"show", infinite}, "byte"},
      {{"show", empty}, "byte"},
      {{"show", (folder.path() / "missing.json").string()}, "missing.json"},
      {{"show", folder.path().string()}, "directory"},
  });
}

}  // namespace
}  // namespace asyncbench::test
