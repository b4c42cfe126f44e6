// `asyncbench profile`: what it refuses, what it finds, and what it says where it lacks permission.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli_checks.hpp"
#include "program.hpp"
#include "tests/sanitized.hpp"

namespace asyncbench::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

Arguments short_profile(Arguments arguments) {
  arguments.insert(arguments.begin(), "profile");
  for (const char* more : {"--duration", "500ms", "--warmup", "100ms", "--trials", "2",
                           "--cpu-idle", "default", "--out", "p.json"}) {
    arguments.emplace_back(more);
  }
  return arguments;
}

TEST(CliProfile, RefusesWhatItCannotDo) {
  const ScratchFolder folder;
  const std::pair<Arguments, const char*> kBad[] = {
      {{"profile"}, "no workload"},
      {{"profile", "fetch", "--frequency", "0"}, "between 1 and 20000"},
      {{"profile", "fetch", "--frequency", "many"}, "frequency"},
      {{"profile", "fetch", "--profiler", "gprof"}, "builtin or perf"},
      {{"profile", "fetch", "--freqency", "9"}, "--frequency"},
  };
  for (const auto& [arguments, says] : kBad) {
    expect_refusal(run_program(arguments, {.folder = folder.path()}), 2, says);
  }
  expect_refusal(run_program({"profile", "fetch", "-s", "asio", "--out", "none/p.json"},
                             {.folder = folder.path()}),
                 6, "none/p.json");
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(CliProfile, AddsUpToTheCpuTimeThatWasUsed) {
  if (kSanitized) GTEST_SKIP() << "a sanitizer's own code is most of what there is";
  const ScratchFolder folder;
  const Ended ended = run_program(short_profile({"fetch", "--strategies", "epoll,asio"}),
                                  {.folder = folder.path()});
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  const json result = read_json(folder, "p.json");
  std::size_t profiled = 0;
  for (const json& cell : result["cells"]) {
    for (const json& trial : cell["trials"]) {
      if (trial["kind"] == "timed") {
        EXPECT_FALSE(trial.contains("profile"));
      }
      if (trial["kind"] != "profile") continue;
      ++profiled;
      const json& profile = trial["profile"];
      if (profile["on_cpu"].is_null()) GTEST_SKIP() << profile["unreadable"].dump();
      const json& on_cpu = profile["on_cpu"];
      double samples = 0;
      for (const json& node : on_cpu["stacks"]["nodes"]) samples += node[2].get<double>();
      EXPECT_EQ(on_cpu["lost"], 0);
      if (!on_cpu["kernel"].get<bool>() || on_cpu["period_ns"].is_null()) continue;
      const double used = trial["subject"]["cpu_user_ns"].get<double>() +
                          trial["subject"]["cpu_system_ns"].get<double>();
      // Where others use the CPU, too, as other tests may, chance decides how often a tick hits a
      // process.
      EXPECT_NEAR(samples * on_cpu["period_ns"].get<double>() / used, 1,
                  0.05 + 4 / std::sqrt(samples));
    }
  }
  EXPECT_EQ(profiled, 4U);
  EXPECT_THAT(ended.out, HasSubstr("where a request's CPU goes"));
  EXPECT_THAT(ended.out, HasSubstr("TCP send"));
  EXPECT_THAT(ended.out, HasSubstr("of CPU per request"));
  for (const std::string& line : lines_of(ended.out)) EXPECT_LE(line.size(), 82U) << line;

  const Ended shown = run_program({"show", "p.json"}, {.folder = folder.path()});
  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_THAT(shown.out, HasSubstr("where a request's CPU goes"));
}

}  // namespace
}  // namespace asyncbench::test
