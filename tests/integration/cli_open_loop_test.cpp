// Open loop at shares of a capacity, and peers that differ from cell to cell.
#include <gmock/gmock.h>

#include <algorithm>
#include <string>

#include "cli_checks.hpp"
#include "interrupting.hpp"
#include "program.hpp"

namespace asyncbench::test {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;

// Its rests are given: on a busy machine they would grow.
Arguments small_run(const Arguments& more) {
  Arguments arguments = {"run",      "serve", "--strategies", "epoll,asio", "--connections", "8",
                         "--trials", "2",     "--duration",   "50ms",       "--rest",        "10ms",
                         "--out",    "s.json"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

// Requests a second that the cell was offered; 0 for a closed loop.
double rate_of(const nlohmann::json& cell) {
  const std::string arrivals = cell["parameters"].value("arrivals", "closed");
  return arrivals == "closed" ? 0 : std::stod(arrivals.substr(arrivals.find(':') + 1));
}

double throughput_of(const nlohmann::json& cell) {
  return cell["summary"]["throughput_per_s"]["median"].get<double>();
}

TEST(CliOpenLoop, IsAtSharesOfTheCapacityThatWasFound) {
  const ScratchFolder folder;
  const Ended ended =
      run_program(small_run({"--arrivals", "closed,30%,60%"}), {.folder = folder.path()});
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  const auto result = read_json(folder, "s.json");
  ASSERT_EQ(result["cells"].size(), 6u);
  double capacity = 1e9;
  std::vector<double> rates;
  for (const auto& cell : result["cells"]) {
    EXPECT_GE(cell["trials"].size(), 2u) << cell["id"];
    if (rate_of(cell) == 0) {
      capacity = std::min(capacity, throughput_of(cell));
    } else {
      rates.push_back(rate_of(cell));
    }
  }
  ASSERT_EQ(rates.size(), 4u);
  EXPECT_EQ(rates[0], rates[1]) << "all are offered the same";
  EXPECT_NEAR(rates[0] / capacity, 0.3, 0.02);
  EXPECT_NEAR(rates[2] / capacity, 0.6, 0.04);
}

TEST(CliOpenLoop, ComesAfterAnInterruptionOfTheClosedOne) {
  const ScratchFolder folder;
  const Arguments arguments = small_run({"--arrivals", "closed,30%"});
  const Ended first = interrupted_after(2, arguments, folder);
  ASSERT_EQ(first.exit_code, 130) << first.err;
  const Ended second = run_program({"run", "--resume", "s.json"}, {.folder = folder.path()});
  ASSERT_EQ(second.exit_code, 0) << second.err;
  const auto result = read_json(folder, "s.json");
  EXPECT_EQ(result["run"]["complete"], true);
  ASSERT_EQ(result["cells"].size(), 4u);
  EXPECT_GT(rate_of(result["cells"][3]), 0);
}

TEST(CliOpenLoop, IsLeftOutWhereTheBudgetHasNoTimeForIt) {
  const ScratchFolder folder;
  const Ended ended = run_program(small_run({"--arrivals", "closed,30%,60%,90%", "--budget", "5s"}),
                                  {.folder = folder.path()});
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_THAT(ended.err, HasSubstr("is left out: with it the run takes"));
  EXPECT_LT(read_json(folder, "s.json")["cells"].size(), 8u);
}

TEST(CliOpenLoop, IsOfCommandsThatFindTheCapacity) {
  for (const char* command : {"profile", "search"}) {
    Arguments arguments = {command, "serve", "--strategies", "epoll", "--arrivals", "closed,30%"};
    if (arguments[0] == "search") arguments.emplace_back("--usl");
    const Ended ended = run_program(arguments);
    EXPECT_EQ(ended.exit_code, 2) << command;
    EXPECT_THAT(ended.err, AnyOf(HasSubstr("only run and versus"), HasSubstr("closed")));
  }
}

// Threads of a peer that has one for each connection, and of one that has an event loop.
TEST(CliOpenLoop, PeersDifferFromCellToCell) {
  const ScratchFolder folder;
  const Ended ended = run_program(small_run({"--peer-strategy", "epoll,thread_per_connection"}),
                                  {.folder = folder.path()});
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  const auto result = read_json(folder, "s.json");
  ASSERT_EQ(result["cells"].size(), 4u);
  for (const auto& cell : result["cells"]) {
    const bool threads = cell["parameters"]["peer_strategy"] == "thread_per_connection";
    int peak = 0;
    for (const auto& trial : cell["trials"]) {
      // Of a trial on a busy machine it may be known too late.
      if (trial["valid"]) peak = std::max(peak, trial["peer"]["threads_peak"].get<int>());
    }
    EXPECT_TRUE(threads ? peak >= 8 : peak < 8) << cell["id"] << ": " << peak;
  }
}

}  // namespace
}  // namespace asyncbench::test
