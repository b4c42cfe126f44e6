// Every workload under every strategy, through the program: what is measured is valid, and for what
// is not measured the program says why.
#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <string>
#include <vector>

#include "program.hpp"
#include "strategies/registry.hpp"
#include "tests/sanitized.hpp"
#include "workloads/all_workloads.hpp"

namespace asyncbench::test {
namespace {

using nlohmann::json;

// Each workload with small parameters: large enough that everything happens, small enough for a
// test.
std::vector<std::string> small(std::string_view workload) {
  if (workload == "timers") return {"--timers", "50", "--period", "20ms", "--jitter", "20%"};
  if (workload == "scrape") return {"--connections", "4", "--pages", "10"};
  if (workload == "gather") return {"--connections", "3", "--fan-out", "4"};
  if (workload == "interference") return {"--connections", "4", "--cpu-burn", "200us"};
  if (workload == "echo") return {"--connections", "4", "--idle", "3"};
  if (workload.starts_with("file-")) return {"--in-flight", "4", "--file-bytes", "1m"};
  return {"--connections", "4"};
}

// All strategies that `all` means, without those that the thread sanitizer cannot follow.
std::string strategies() {
  std::string names;
  const Registry registry = make_registry();
  for (const auto& strategy : registry.all()) {
    const std::string& name = strategy->info().name;
    if (!strategy->info().in_all) continue;
    if (kUnderThreadSanitizer && name.find("uring") != std::string::npos) continue;
    names += (names.empty() ? "" : ",") + name;
  }
  return names;
}

json run(std::vector<std::string> arguments, const ScratchFolder& folder) {
  const std::string out = (folder.path() / "result.json").string();
  arguments.insert(arguments.begin(), "run");
  arguments.insert(arguments.end(), {"--trials", "1", "--warmup", "50ms", "--duration", "200ms",
                                     "--verify", "all", "--out", out});
  const Ended ended = run_program(arguments);
  // 5: some strategy was named that cannot run the workload.
  EXPECT_THAT(ended.exit_code, testing::AnyOf(0, 5)) << ended.err << ended.out;
  return json::parse(std::ifstream(out));
}

class EveryWorkload : public testing::TestWithParam<const workloads::Workload*> {
 protected:
  // A run with so many strategies takes long, so it is done only once.
  void SetUp() override {
    std::vector<std::string> arguments = small(GetParam()->info().name);
    arguments.insert(arguments.begin(), std::string(GetParam()->info().name));
    arguments.insert(arguments.end(), {"--strategies", strategies()});
    if (GetParam()->info().takes_folder) {
      arguments.insert(arguments.end(), {"--folder", folder_.path().string()});
    }
    result_ = run(arguments, folder_);
  }

  ScratchFolder folder_;
  json result_;
};

TEST_P(EveryWorkload, IsMeasuredUnderEveryStrategyOrSaysWhyNot) {
  std::size_t measured = 0;
  for (const json& cell : result_.at("cells")) {
    SCOPED_TRACE(cell.at("id").get<std::string>());
    if (cell.at("status") == "unsupported") {
      EXPECT_FALSE(cell.at("reason").get<std::string>().empty());
      continue;
    }
    ++measured;
    EXPECT_EQ(cell.at("status"), "measured");
    for (const json& trial : cell.at("trials")) {
      EXPECT_TRUE(trial.at("valid")) << trial.at("reason");
      EXPECT_EQ(trial.at("outcomes").size(), 1U) << trial.at("outcomes");
      EXPECT_GT(trial.at("outcomes").value("ok", 0), 0);
      for (const auto& [letter, holds] : trial.at("invariants").items()) {
        EXPECT_NE(holds, false) << letter;
      }
    }
  }
  EXPECT_GE(measured, 3U);
  // Only the result is left where the workload was told to make its files.
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
    EXPECT_THAT(entry.path().filename().string(), testing::Eq("result.json"));
  }
}

INSTANTIATE_TEST_SUITE_P(Workloads, EveryWorkload,
                         testing::ValuesIn(workloads::all_workloads().begin(),
                                           workloads::all_workloads().end()),
                         [](const auto& tested) {
                           std::string name{tested.param->info().name};
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

const json& only_cell(const json& result) { return result.at("cells").at(0); }

// A handler like those of real services, under every strategy on either side.
TEST(Serve, ReadsABodyWaitsAndComputesUnderEveryStrategy) {
  for (const char* workload : {"serve", "fetch"}) {
    const ScratchFolder folder;
    const json result =
        run({workload, "--strategies", strategies(), "--connections", "4", "--request-bytes", "20k",
             "--server-delay", "exp:1ms", "--cpu-burn", "50us", "--body-bytes", "2k"},
            folder);
    std::size_t measured = 0;
    for (const json& cell : result.at("cells")) {
      if (cell.at("status") == "unsupported") continue;
      SCOPED_TRACE(cell.at("id").get<std::string>());
      ++measured;
      for (const json& trial : cell.at("trials")) {
        EXPECT_TRUE(trial.at("valid")) << trial.at("reason");
        EXPECT_EQ(trial.at("outcomes").size(), 1U) << trial.at("outcomes");
        // No reply comes before the handler has computed.
        EXPECT_GT(trial.at("service_time").at("p50_ns"), 50'000);
      }
    }
    EXPECT_GE(measured, 3U);
  }
}

TEST(Gather, AsksEveryUpstreamOnceAndIsAsSlowAsTheSlowest) {
  const ScratchFolder folder;
  const json result = run({"gather", "--strategies", "epoll", "--connections", "2", "--fan-out",
                           "5", "--upstream-delay", "exp:2ms"},
                          folder);
  const json& trial = only_cell(result).at("trials").at(0);
  EXPECT_NEAR(trial.at("figures").at("asked_upstream"), 5, 0.5);
  EXPECT_GT(trial.at("figures").at("amplification_p50"), 1.0);
  EXPECT_GT(trial.at("series").at("gather_time").at("p50_ns"),
            trial.at("series").at("upstream_time").at("p50_ns"));
}

// "http://127.0.0.1:8080", as the origin prints it when it listens.
std::string address_of(Program& origin) {
  const std::string line = origin.line_of_output();
  std::smatch found;
  return std::regex_search(line, found, std::regex("http://[^/]+")) ? found.str() : line;
}

TEST(Scrape, SaysHowEachUrlEnded) {
  Program origin({"origin", "--port", "0"});
  const std::string base = address_of(origin);
  for (const char* strategy : {"epoll", "curl_multi"}) {
    SCOPED_TRACE(strategy);
    const ScratchFolder folder;
    const json result = run(
        {"scrape", "--strategies", strategy, "--connections", "2", "--page-bytes", "1500", "--url",
         base + "/bytes/1000", "--url", base + "/status/404", "--url", base + "/chunked/2000"},
        folder);
    const json& items = only_cell(result).at("trials").at(0).at("items");
    ASSERT_EQ(items.size(), 3U);
    const std::vector<std::string> expected = {"ok", "http_status", "limit"};
    for (std::size_t i = 0; i < expected.size(); ++i) {
      EXPECT_EQ(items[i].at("outcomes").size(), 1U) << items[i];
      EXPECT_GT(items[i].at("outcomes").value(expected[i], 0), 0) << items[i];
    }
    EXPECT_EQ(items[1].at("name"), base + "/status/404");
  }
}

TEST(Scrape, RefusesWhatTheFolderCannotHoldBeforeMeasuring) {
  const ScratchFolder folder;
  const auto refusal_of = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"run", "scrape", "--strategies", "epoll"});
    const Ended ended = run_program(arguments, {.folder = folder.path()});
    EXPECT_EQ(ended.exit_code, 2);
    EXPECT_EQ(std::ranges::count(ended.err, '\n'), 1) << ended.err;
    return ended.err;
  };
  EXPECT_THAT(refusal_of({"--folder", "missing"}),
              testing::AllOf(testing::HasSubstr("missing: No such file"),
                             testing::HasSubstr("name another folder with --folder")));
  EXPECT_THAT(refusal_of({"--pages", "1000000", "--page-bytes", "1g", "--connections", "1"}),
              testing::HasSubstr("are free in"));
  EXPECT_THAT(refusal_of({"--connections", "100000", "--page-bytes", "1g"}),
              testing::HasSubstr("of memory are needed"));
}

TEST(Timers, FireAtTheirRateAndNeverEarly) {
  const ScratchFolder folder;
  const json result =
      run({"timers", "--strategies", "epoll", "--timers", "40", "--period", "10ms"}, folder);
  const json& trial = only_cell(result).at("trials").at(0);
  // 40 each 10 ms, in 200 ms; a busy machine is late, but skips none in the end.
  EXPECT_NEAR(trial.at("outcomes").at("ok"), 800, 160);
  EXPECT_GE(trial.at("service_time").at("p50_ns"), 0);
  EXPECT_TRUE(only_cell(result).at("paced"));
}

// This holds whatever the order in which a strategy makes them: coroutines at once, threads when
// they get a CPU.
TEST(Timers, TellTheMemoryOfATask) {
  if (kUnderThreadSanitizer) GTEST_SKIP() << "each byte has several of the sanitizer's own";
  const ScratchFolder folder;
  const json result = run({"timers", "--strategies", "epoll,asio_coro,thread_per_connection",
                           "--timers", "500", "--period", "50ms"},
                          folder);
  std::vector<double> bytes;
  for (const json& cell : result.at("cells")) {
    SCOPED_TRACE(cell.at("id").get<std::string>());
    const json& trial = cell.at("trials").at(0);
    EXPECT_TRUE(trial.at("valid")) << trial.at("reason");
    const json& curve = trial.at("curves").at("private_bytes_by_tasks");
    ASSERT_EQ(curve.size(), 9U);
    EXPECT_EQ(curve.back().at(0), 500);
    EXPECT_GT(trial.at("figures").at("memory_fit"), 0.8);
    bytes.push_back(trial.at("figures").at("memory_per_task_bytes"));
  }
  ASSERT_EQ(bytes.size(), 3U);
  EXPECT_GT(bytes[0], 100);
  // A coroutine also has its frame, a thread at least one page of its stack.
  EXPECT_GT(bytes[1], bytes[0]);
  EXPECT_GT(bytes[2], 4096);
}

TEST(Interference, ShowsTheBurnInTheHeartbeatOfALoop) {
  const ScratchFolder folder;
  const auto lag_p99 = [&](const char* burn_share) {
    const json result = run({"interference", "--strategies", "epoll", "--connections", "4",
                             "--cpu-burn", "20ms", "--burn-share", burn_share},
                            folder);
    return only_cell(result)
        .at("trials")
        .at(0)
        .at("series")
        .at("heartbeat_lag")
        .at("p99_ns")
        .get<std::int64_t>();
  };
  // Every other request keeps the loop for 20 ms; a beat is late by most of that.
  EXPECT_GT(lag_p99("50%"), 10'000'000);
}

}  // namespace
}  // namespace asyncbench::test
