// Workloads of plugins, with the installed program, and the example of docs/examples/resp_ping,
// built outside of this project. CTest installs and builds them first (Installed.*).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli_checks.hpp"
#include "interrupting.hpp"
#include "program.hpp"
#include "tests/sanitized.hpp"

namespace asyncbench::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kPing = PING_PLUGIN;
const std::string kOdd = std::string(ODD_PLUGINS) + "/odd_workloads.so";

// Of each kind of strategy one, but those that the thread sanitizer cannot follow.
const char* const kStrategies = kUnderThreadSanitizer
                                    ? "thread_per_request,thread_pool,epoll,libevent"
                                    : "thread_per_request,thread_pool,epoll,asio_coro,uring,libuv";

class PluginWorkloads : public ::testing::Test {
 protected:
  Ended run(Arguments arguments) const {
    return run_program(std::move(arguments), {.folder = folder_.path()});
  }

  // A short run of the ping, with its result in r.json.
  Ended ping(const Arguments& more) const {
    Arguments arguments = {"run",        "resp-ping",     "--plugin", kPing,      "--trials",
                           "1",          "--connections", "4",        "--warmup", "50ms",
                           "--cpu-idle", "default",       "--force",  "--out",    "r.json"};
    if (std::ranges::find(more, "--duration") == more.end()) {
      arguments.insert(arguments.end(), {"--duration", "200ms"});
    }
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(std::move(arguments));
  }

  json result() const { return read_json(folder_, "r.json"); }

  // The outcomes of the only cell's timed trial, which is valid.
  json outcomes() const {
    const json whole = result();
    for (const json& trial : whole.at("cells").at(0).at("trials")) {
      if (trial.at("kind") != "timed") continue;
      EXPECT_TRUE(trial.at("valid")) << trial.at("reason");
      return trial.at("outcomes");
    }
    return {};
  }

  ScratchFolder folder_;
};

TEST_F(PluginWorkloads, AreListedAndExplained) {
  EXPECT_THAT(run({"list"}).out, Not(HasSubstr("resp-ping")));
  const Ended listed = run({"list", "--plugin", kPing});
  EXPECT_EQ(listed.exit_code, 0) << listed.err;
  EXPECT_THAT(listed.out, HasSubstr("resp-ping    pings of a client to a server"));
  const json names = json::parse(run({"list", "--json", "--plugin", kPing}).out).at("workloads");
  EXPECT_EQ(names.back(), "resp-ping");
  const Ended help = run({"run", "resp-ping", "--help", "--plugin=" + kPing});
  EXPECT_EQ(help.exit_code, 0) << help.err;
  EXPECT_THAT(help.out, AllOf(HasSubstr("--fault-every N"), HasSubstr("resp-ping:\n")));
}

TEST_F(PluginWorkloads, AreMeasuredUnderEveryStrategyOnEitherSide) {
  for (const char* subject : {"client", "server"}) {
    const Ended ended = ping({"--strategies", kStrategies, "--subject", subject});
    EXPECT_THAT(ended.exit_code, AnyOf(0, 5)) << ended.err;  // 5: no io_uring here
    std::size_t measured = 0;
    const json whole = result();
    for (const json& cell : whole.at("cells")) {
      SCOPED_TRACE(cell.at("id").get<std::string>());
      if (cell.at("status") == "unsupported") continue;
      ++measured;
      EXPECT_EQ(cell.at("generator"), std::string(subject) == "client" ? "subject" : "peer");
      for (const json& trial : cell.at("trials")) {
        EXPECT_TRUE(trial.at("valid")) << trial.at("reason");
        EXPECT_EQ(trial.at("outcomes").size(), 1U) << trial.at("outcomes");
        EXPECT_GT(trial.at("outcomes").value("ok", 0), 0);
        for (const auto& [name, holds] : trial.at("invariants").items()) {
          EXPECT_NE(holds, false) << name;
        }
      }
    }
    EXPECT_GE(measured, 4U);
  }
}

TEST_F(PluginWorkloads, RunInOpenLoop) {
  const Ended ended = ping({"--strategies", "epoll", "--arrivals", "poisson:500"});
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_GT(outcomes().value("ok", 0), 0);
}

// Each failure is counted as what it was, beside pings that were answered.
TEST_F(PluginWorkloads, CountEachFailureByItsOutcome) {
  for (const auto& [fault, outcome] :
       {std::pair("wrong_reply", "content_mismatch"), std::pair("close", "eof_before_response"),
        std::pair("silence", "timeout_headers")}) {
    SCOPED_TRACE(fault);
    const Ended ended = ping(
        {"--strategies", "epoll", "--fault", fault, "--fault-every", "3", "--deadline", "20ms"});
    EXPECT_EQ(ended.exit_code, 0) << ended.err;
    const json ends = outcomes();
    EXPECT_GT(ends.value("ok", 0), 0) << ends;
    EXPECT_GT(ends.value(outcome, 0), 0) << ends;
    EXPECT_EQ(ends.size(), 2U) << ends;
    EXPECT_THAT(ended.err, HasSubstr(outcome));
  }
}

TEST_F(PluginWorkloads, FailTheirCellWhereNoPingIsAnswered) {
  const Ended ended =
      ping({"--strategies", "epoll", "--fault", "close", "--fault-every", "1", "--duration", "2s"});
  EXPECT_EQ(ended.exit_code, 5);
  EXPECT_THAT(ended.err, HasSubstr("eof_before_response"));
}

TEST_F(PluginWorkloads, RefuseValuesByTheirOwnLimits) {
  expect_refusal(ping({"--fault", "hiccup"}), 2, "none, wrong_reply, close, silence");
  expect_refusal(ping({"--fault-every", "0"}), 2, "\"0\" is not at least 1");
  expect_refusal(run({"run", "echo", "--plugin", kPing, "--fault", "close"}), 2,
                 "fault is no parameter of echo; it belongs to resp-ping");
  expect_refusal(run({"run", "resp-ping"}), 2, "unknown workload or suite \"resp-ping\"");
}

TEST_F(PluginWorkloads, StandInSuites) {
  std::ofstream(folder_.path() / "own.toml") << "[settings]\nwarmup = \"20ms\"\n"
                                                "duration = \"100ms\"\ntrials = 1\n"
                                                "[[cells]]\nworkload = \"resp-ping\"\n"
                                                "strategies = [\"epoll\"]\nconnections = [1, 2]\n"
                                                "fault = \"none\"\n";
  expect_refusal(run({"run", "own.toml"}), 2, "own.toml:6:12: unknown workload \"resp-ping\"");
  const Ended planned = run({"run", "own.toml", "--plugin", kPing, "--dry-run"});
  EXPECT_EQ(planned.exit_code, 0) << planned.err;
  EXPECT_THAT(planned.out, HasSubstr("resp-ping/strategy:epoll/connections:2/subject:client\n"));
}

// What a result says needs no plugin.
TEST_F(PluginWorkloads, LeaveResultsThatEveryCommandReadsWithoutThem) {
  ASSERT_EQ(ping({"--strategies", "epoll,thread_pool"}).exit_code, 0);
  EXPECT_THAT(run({"show", "r.json"}).out, HasSubstr("resp-ping"));
  EXPECT_THAT(run({"compare", "r.json"}).out, HasSubstr("resp-ping"));
  EXPECT_EQ(run({"report", "r.json", "--out", "r.html"}).exit_code, 0);
  EXPECT_THAT(folder_.read("r.html"), HasSubstr("resp-ping"));
  EXPECT_THAT(run({"export", "r.json", "--format", "openmetrics"}).out, HasSubstr("resp-ping"));
}

TEST_F(PluginWorkloads, AreSearchedComparedAndProfiled) {
  const Arguments brief = {"--plugin", kPing, "--duration", "100ms", "--warmup", "20ms"};
  const auto with = [&](Arguments arguments) {
    arguments.insert(arguments.end(), brief.begin(), brief.end());
    return run(std::move(arguments));
  };
  const Ended searched = with({"search", "resp-ping", "--usl", "-s", "epoll", "--connections",
                               "1..6+1", "--trials", "1", "--out", "s.json"});
  EXPECT_THAT(searched.exit_code, AnyOf(0, 3, 4)) << searched.err;
  const Ended versus = with({"versus", "epoll", "thread_pool", "--workload", "resp-ping",
                             "--connections", "2", "--trials", "1", "--out", "v.json"});
  EXPECT_THAT(versus.exit_code, AnyOf(0, 3, 4)) << versus.err;
  EXPECT_THAT(versus.out, HasSubstr("resp-ping"));
  const Ended profiled =
      with({"profile", "resp-ping", "-s", "epoll", "--trials", "1", "--out", "p.json"});
  EXPECT_THAT(profiled.exit_code, AnyOf(0, 4)) << profiled.err;
}

TEST_F(PluginWorkloads, AreLoadedAgainWhenARunGoesOn) {
  const Ended interrupted =
      interrupted_after(1,
                        {"run", "resp-ping", "--plugin", kPing, "--strategies", "epoll", "--trials",
                         "4", "--warmup", "20ms", "--duration", "200ms", "--out", "s.json"},
                        folder_);
  EXPECT_EQ(interrupted.exit_code, 130);
  EXPECT_THAT(interrupted.err, HasSubstr("--resume s.json --plugin "));
  expect_refusal(run({"run", "--resume", "s.json"}), 2, "--resume s.json --plugin ");
  const Ended resumed = run({"run", "--resume", "s.json", "--plugin", kPing});
  EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
}

// Its arguments are read again, and the workload's parameters are among them.
TEST_F(PluginWorkloads, AreLoadedAgainWhenAComparisonGoesOn) {
  const Ended interrupted = interrupted_after(
      1,
      {"versus", "epoll", "thread_pool", "--workload", "resp-ping", "--fault-every", "7",
       "--plugin", kPing, "--connections", "1,2,3", "--trials", "1", "--warmup", "20ms",
       "--duration", "200ms", "--out", "s.json"},
      folder_);
  EXPECT_EQ(interrupted.exit_code, 130);
  expect_refusal(run({"versus", "--resume", "s.json"}), 2,
                 "go on with asyncbench versus --resume s.json --plugin " + kPing);
  const Ended resumed = run({"versus", "--resume", "s.json", "--plugin", kPing});
  EXPECT_THAT(resumed.exit_code, AnyOf(0, 3, 4)) << resumed.err;
}

// The shortest gate that still measures; its times mean nothing.
TEST_F(PluginWorkloads, AreGatedAsTwoBuildsOfTheirPlugin) {
  fs::copy_file(kPing, folder_.path() / "base.so");
  const auto gate = [&](const std::string& candidate, Arguments more) {
    Arguments arguments = {
        "gate",    "--base",       "./base.so", "--candidate", candidate, "--pairs",
        "1",       "--duration",   "200ms",     "--warmup",    "20ms",    "--connections",
        "2",       "--cpu-idle",   "default",   "--json",      "--out",   "g.json",
        "--force", "--strategies", "epoll"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(std::move(arguments));
  };
  // Its only workload is what is measured.
  const Ended alike = gate(kPing, {});
  EXPECT_THAT(alike.exit_code, AnyOf(0, 3, 4)) << alike.err << alike.out;
  EXPECT_THAT(alike.out, HasSubstr("resp-ping/strategy:epoll/connections:2"));
  const auto odd_plugin = [](const char* oddity) {
    return std::string(ODD_PLUGINS) + "/odd_" + oddity + ".so";
  };
  expect_refusal(gate(odd_plugin("other"), {}), 2, "has no workload resp-ping");
  expect_refusal(gate(kPing, {"fetch"}), 2, "nothing of the plugin is measured; it has: resp-ping");
}

TEST_F(PluginWorkloads, WithoutAUsableDefinitionAreRefused) {
  const auto expect = [&](const std::string& oddity, const std::string& says) {
    SCOPED_TRACE(oddity);
    const Ended ended =
        run_program({"list", "--plugin", kOdd},
                    {.folder = folder_.path(), .environment = {"ODDITY=" + oddity}});
    expect_refusal(ended, 2, "plugin " + fs::canonical(kOdd).string() + ": " + says);
  };
  expect("clash", "workload fetch: there is a workload of that name already");
  expect("suite", "workload quick: there is a suite of that name");
  expect("name", "workload No Name: that is no name of a workload");
  expect("twice", "workload odd: parameter things: it is there twice");
  expect("no_default", "workload odd: parameter things: it has no default");
  expect("bad_default", "workload odd: parameter things: its default cannot be: \"many\"");
  expect("option", "workload odd: parameter out: that is the name of an option of run");
  expect("setting", "workload odd: parameter duration: that is the name of a setting");
  expect("build", "workload odd: parameter build: that is the name of a field of results");
  expect("other", "workload odd: parameter message_bytes: it takes other values than that of echo");
  expect("roles", "workload odd: roles() are not");
  expect("sizes", "was built with other headers");
  expect("none", "has no workload in it");
  expect("throws", "failed to make its workloads: no workload today");
  const Ended two = run_program({"list", "--plugin", kPing, "--plugin", kOdd},
                                {.environment = {"ODDITY=plugin"}});
  expect_refusal(two, 2, "workload resp-ping: there is a workload of that name already");
  EXPECT_EQ(run({"list", "--plugin", kOdd}).exit_code, 0);
}

}  // namespace
}  // namespace asyncbench::test
