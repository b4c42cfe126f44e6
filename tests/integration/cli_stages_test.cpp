// --stages: an open loop whose rate changes.
#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "cli_checks.hpp"
#include "program.hpp"

namespace asyncbench::test {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;

Arguments run_in_stages(Arguments more) {
  Arguments all = {"run",        "serve",   "--strategies",  "epoll,thread_per_connection",
                   "--trials",   "1",       "--warmup",      "50ms",
                   "--cpu-idle", "default", "--connections", "8",
                   "--out",      "r.json"};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

TEST(CliStages, AreTheWindowAndShowTheFiguresOfEach) {
  const ScratchFolder folder;
  const Surroundings here{.folder = folder.path()};
  for (const char* arrivals : {"poisson", "constant"}) {
    SCOPED_TRACE(arrivals);
    const Ended run = run_program(run_in_stages({"--stages", "300ms:1000,400ms:1000..3000",
                                                 "--arrivals", arrivals, "--force"}),
                                  here);
    ASSERT_EQ(run.exit_code, 0) << run.err;
    EXPECT_THAT(run.out,
                ContainsRegex("stage 300ms:1000 +offered +req/s +resp p50 +resp p99 +errors\n"
                              "(epoll|thread_per_connection) +[0-9.k]+ +[0-9.k]+ "));
    EXPECT_THAT(run.out, HasSubstr("stage 400ms:1000..3000 "));

    const nlohmann::json result = read_json(folder, "r.json");
    EXPECT_EQ(result["plan"]["window_ns"], 700'000'000);
    for (const auto& cell : result["cells"]) {
      EXPECT_EQ(cell["parameters"]["arrivals"].get<std::string>().find(arrivals), 0u);
      for (const auto& trial : cell["trials"]) {
        EXPECT_EQ(trial["valid"], true) << trial["reason"];
        if (trial["kind"] != "timed") continue;
        const auto& figures = trial["figures"];
        // Five standard deviations of Poisson arrivals.
        EXPECT_NEAR(figures["stage_1_offered_per_s"], 1000, 290);
        EXPECT_NEAR(figures["stage_2_offered_per_s"], 2000, 360);
        EXPECT_NEAR(trial["offered_per_s"], 1571, 240);
        EXPECT_EQ(figures["stage_1_error_share"], 0);
        EXPECT_GT(trial["series"]["stage_2_response_time"]["count"], 500);
        // Every request that was due in the window belongs to one stage.
        EXPECT_NEAR(figures["stage_1_offered_per_s"].get<double>() * 0.3 +
                        figures["stage_2_offered_per_s"].get<double>() * 0.4,
                    trial["offered_per_s"].get<double>() * 0.7, 0.01);
      }
    }
  }
}

TEST(CliStages, AreRefusedWhereTheyMeanNothing) {
  const ScratchFolder folder;
  const Surroundings here{.folder = folder.path()};
  const std::vector<std::pair<Arguments, std::string>> cases = {
      {{"--stages", "1s:1000", "--duration", "1s"}, "leave --duration out"},
      {{"--stages", "1s:1000", "--requests", "10"}, "leave --requests out"},
      {{"--stages", "1s:1000", "--arrivals", "poisson:5"}, "--stages have the rates"},
      {{"--stages", "1s:1000", "--arrivals", "closed"}, "--stages have the rates"},
      {{"--stages", "1s:0"}, "a rate per second"},
      {{"--stages", "1000"}, "TIME:RATE"},
      {{"--stages", "0s:5"}, "longer than 0"},
      {{"--stages", "1s:5,"}, "TIME:RATE"},
      {{"--arrivals", "poisson"}, "give poisson:1000"},
  };
  for (const auto& [more, says] : cases) {
    expect_refusal(run_program(run_in_stages(more), here), 2, says);
  }
  expect_refusal(run_program({"run", "timers", "--stages", "1s:5"}, here), 2,
                 "they do not go with timers, but with fetch, serve");
}

}  // namespace
}  // namespace asyncbench::test
