// --peer-processes: several clients load a server under test together.
#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "cli_checks.hpp"
#include "program.hpp"

namespace asyncbench::test {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;

Arguments run_of(const char* workload, Arguments more) {
  Arguments all = {"run",   workload,  "--trials", "1",          "--warmup", "50ms",  "--duration",
                   "200ms", "--grace", "300ms",    "--cpu-idle", "default",  "--out", "r.json"};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

void expect_sums(const nlohmann::json& trial, std::size_t clients) {
  EXPECT_EQ(trial["valid"], true) << trial["reason"];
  for (const auto& [name, holds] : trial["invariants"].items()) EXPECT_NE(holds, false) << name;
  ASSERT_EQ(trial["peer_processes"].size(), clients);
  std::uint64_t ok = 0;
  for (const auto& process : trial["peer_processes"]) ok += process["ok"].get<std::uint64_t>();
  EXPECT_EQ(ok, trial["outcomes"]["ok"]);
}

TEST(CliPeerProcesses, LoadEachKindOfServer) {
  const ScratchFolder folder;
  const std::vector<std::pair<const char*, Arguments>> cases = {
      {"serve", {"--connections", "5"}},
      {"echo", {"--connections", "4", "--idle", "3"}},
      {"gather", {"--connections", "3", "--fan-out", "2"}},
      {"interference", {"--connections", "3"}},
      {"serve", {"--connections", "6", "--arrivals", "poisson:600"}},
      {"echo", {"--connections", "6", "--arrivals", "constant:600"}},
  };
  for (const auto& [workload, more] : cases) {
    SCOPED_TRACE(::testing::PrintToString(more));
    Arguments arguments = run_of(workload, more);
    arguments.insert(arguments.end(), {"--strategies", "epoll,thread_per_connection", "--force",
                                       "--peer-processes", "3"});
    const Ended run = run_program(arguments, {.folder = folder.path()});
    ASSERT_EQ(run.exit_code, 0) << run.err;
    for (const auto& cell : read_json(folder, "r.json")["cells"]) {
      for (const auto& trial : cell["trials"]) {
        expect_sums(trial, 3);
        EXPECT_LE(trial["in_flight_max"], std::stoi(more[1]));
      }
    }
  }
}

TEST(CliPeerProcesses, AreSweptAndStoredAndSaidBeforeMeasuring) {
  const ScratchFolder folder;
  const Surroundings here{.folder = folder.path()};
  const Arguments swept = run_of("serve", {"--strategies", "epoll", "--connections", "4",
                                           "--peer-processes", "1,2", "--live"});
  const Ended run = run_program(swept, here);
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const auto cells = read_json(folder, "r.json")["cells"];
  ASSERT_EQ(cells.size(), 2u);
  EXPECT_EQ(cells[1]["parameters"]["peer_processes"], 2);
  EXPECT_FALSE(cells[0]["trials"][0].contains("peer_processes"));
  expect_sums(cells[1]["trials"][0], 2);

  const Ended plan = run_program(
      run_of("serve", {"--strategies", "epoll", "--peer-processes", "2", "--dry-run"}), here);
  EXPECT_THAT(plan.out, HasSubstr("2 processes share out the load of a server under test"));
}

TEST(CliPeerProcesses, AreRefusedWithTheRemedy) {
  const ScratchFolder folder;
  const Surroundings here{.folder = folder.path()};
  expect_refusal(run_program(run_of("serve", {"--peer-processes", "0"}), here), 2,
                 "peer_processes: 0 is not between 1 and 1024");
  expect_refusal(
      run_program(run_of("serve", {"--connections", "2", "--peer-processes", "3"}), here), 2,
      "--peer-processes 3: so many cannot share 2 connections out: give --connections 3 or more");
  expect_refusal(run_program(run_of("fetch", {"--peer-processes", "2"}), here), 2,
                 "the client of fetch is under test, and there is one of it: leave this out, or "
                 "measure a server (serve, echo, gather, interference)");
  expect_refusal(run_program(run_of("serve", {"--peer-processes", "2", "--requests", "10"}), here),
                 2, "give --duration instead");
}

}  // namespace
}  // namespace asyncbench::test
