// The contenders: each that its runtime is there for does what epoll does.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "program.hpp"
#include "tests/sanitized.hpp"

namespace asyncbench::test {
namespace {

using nlohmann::json;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;

struct Case {
  const char* name;
  std::vector<std::string> work;
  std::string contenders;  // that take part in it
};

// How the test is named where it fails.
void PrintTo(const Case& tested, std::ostream* out) { *out << tested.name; }

class Contenders : public ::testing::TestWithParam<Case> {};

TEST_P(Contenders, DoTheWorkOfAStrategy) {
  if (kSanitized) GTEST_SKIP() << "slow, and the programs are no code of ours";
  const auto& [name, work, contenders] = GetParam();
  const ScratchFolder folder;
  const std::string out = folder.path() / "r.json";
  std::vector<std::string> arguments = {"run"};
  arguments.insert(arguments.end(), work.begin(), work.end());
  for (const char* const word : {"--duration", "100ms", "--warmup", "50ms", "--trials", "1",
                                 "--cpu-idle", "default", "--verify", "all", "--force"}) {
    arguments.emplace_back(word);
  }
  arguments.insert(arguments.end(), {"--strategies", "epoll," + contenders, "--out", out});
  // Before its first run, one may have to be built: Rust's takes minutes.
  const Ended ended = Program(arguments, {.folder = folder.path()}).wait(std::chrono::seconds(280));
  ASSERT_THAT(ended.exit_code, AnyOf(0, 5)) << ended.out << ended.err;  // 5: one is missing here

  std::ifstream in(out);
  std::string missing;
  const json stored = json::parse(in);
  for (const json& cell : stored.at("cells")) {
    SCOPED_TRACE(cell.at("strategy"));
    if (cell.at("status") == "unsupported") {
      missing += cell.at("reason").get<std::string>() + ". ";
      continue;
    }
    EXPECT_EQ(cell.at("status"), "measured");
    for (const json& trial : cell.at("trials")) {
      EXPECT_TRUE(trial.at("valid")) << trial;
      // All that ended, ended well.
      const json& outcomes = trial.at("outcomes");
      EXPECT_GT(outcomes.at("ok").get<int>(), 0) << trial;
      EXPECT_EQ(outcomes.size(), 1U) << outcomes;
    }
  }
  if (!missing.empty()) GTEST_SKIP() << "all others did it. " << missing;
}

// Those that share the code for a workload take part in it once.
INSTANTIATE_TEST_SUITE_P(
    Each, Contenders,
    ::testing::Values(
        Case{"serve",
             {"serve", "--connections", "4", "--body-bytes", "1k", "--server-delay", "exp:1ms"},
             "asyncio,netty,poco,rust"},
        Case{"serve_posts",
             {"serve", "--connections", "4", "--request-bytes", "4k"},
             "netty,poco,rust"},
        Case{"fetch",
             {"fetch", "--connections", "4", "--body-bytes", "1k", "--server-delay", "1ms"},
             "asyncio,asyncio:streams,asyncio:uvloop,aiohttp,python_threading,go,node,rust"},
        Case{"gather",
             {"gather", "--connections", "4", "--fan-out", "3"},
             "asyncio:streams,aiohttp,go,node,rust"},
        Case{"echo_client",
             {"echo", "--subject", "client", "--connections", "4", "--message-bytes", "20k"},
             "asyncio,asyncio:streams,python_threading,go,node,rust"},
        Case{"echo_server",
             {"echo", "--connections", "4"},
             "asyncio,asyncio:streams,python_threading,go,node,rust"},
        Case{"timers",
             {"timers", "--timers", "20", "--period", "20ms"},
             "asyncio,asyncio:uvloop,python_threading,go,node,rust"}),
    [](const auto& tested) { return std::string(tested.param.name); });

// Without its runtime, each says what to install.
TEST(ContendersWithoutARuntime, NameDebiansPackage) {
  const ScratchFolder folder;
  const Ended ended = run_program(
      {"run", "serve", "--strategies", "go,jdk,netty,node,poco,rust", "--force"},
      {.folder = folder.path(), .environment = {"PATH=" + folder.path().string(), "CXX=g++"}});
  EXPECT_EQ(ended.exit_code, 5);
  for (const char* const package : {"golang-go", "openjdk-17-jdk-headless", "libnetty-java",
                                    "nodejs", "libpoco-dev", "librust-hyper-dev"}) {
    EXPECT_THAT(ended.err, HasSubstr(package));
  }
}

// Of many URLs, each says how its requests ended.
TEST(ContendersUrls, AreToldApartByTheirOutcomes) {
  if (kSanitized) GTEST_SKIP() << "slow, and the programs are no code of ours";
  Program origin({"origin", "--port", "0"});
  const std::string said = origin.line_of_output();
  const std::size_t begin = said.find("127.0.0.1:");
  const std::string address = "http://" + said.substr(begin, said.find('/', begin) - begin);
  const ScratchFolder folder;
  std::ofstream(folder.path() / "urls") << address << "/bytes/10\n" << address << "/fault/S12\n";
  const std::string out = folder.path() / "r.json";
  const Ended ended = run_program(
      {"run", "fetch", "--urls-from", "urls", "--connections", "2", "--strategies", "asyncio",
       "--duration", "200ms", "--trials", "1", "--cpu-idle", "default", "--force", "--out", out},
      {.folder = folder.path()});
  if (ended.exit_code == 5) GTEST_SKIP() << ended.err;
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  std::ifstream in(out);
  const json trial = json::parse(in).at("cells").at(0).at("trials").at(0);
  EXPECT_THAT(trial.dump(), HasSubstr("/fault/S12"));
  EXPECT_THAT(trial.at("outcomes").dump(), HasSubstr("truncated"));
  EXPECT_THAT(trial.at("outcomes").dump(), Not(HasSubstr("internal")));
}

}  // namespace
}  // namespace asyncbench::test
