// Programs of the user's that speak the participant protocol: --participant, participant-check, and
// what is wrong with some.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli_checks.hpp"
#include "program_run.hpp"

namespace asyncbench::test {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;

const std::string kExample = EXAMPLES "/participant.py";

class ParticipantRun : public ProgramTest {
 protected:
  Ended run(std::vector<std::string> more, std::vector<std::string> work = {"run", "fetch"}) {
    return ProgramTest::run(std::move(more), std::move(work));
  }

  // The example with a fault, as a command.
  std::string odd(const std::string& fault) const {
    return "python3 " PARTICIPANTS "/odd.py " + kExample + ' ' + fault + ' ' +
           folder_.path().string();
  }

  Ended check(const std::string& program, const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = {"participant-check", program};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_program(std::move(arguments), {.folder = folder_.path()});
  }

  // A program file with a short patience.
  std::string impatient(const std::string& fault) {
    return file_with("odd.toml", "participant = \"" + odd(fault) + "\"\nready_within = \"2s\"\n");
  }
};

const json& cell_of(const json& result, const std::string& strategy) {
  return *std::ranges::find_if(result.at("cells"),
                               [&](const json& cell) { return cell.at("strategy") == strategy; });
}

TEST_F(ParticipantRun, AClientStandsBesideAStrategy) {
  const Ended ended = run({"--participant", "py=python3 " + kExample, "--strategies", "epoll"});
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_THAT(ended.out, AllOf(HasSubstr("py"), HasSubstr("epoll")));
  const json stored = result();
  ASSERT_EQ(stored.at("cells").size(), 2U);
  for (const json& trial : cell_of(stored, "py").at("trials")) {
    EXPECT_TRUE(trial.at("valid")) << trial.at("reason");
    EXPECT_TRUE(trial.at("invariants").at("both_ends_agree"));
    EXPECT_GT(trial.at("service_time").at("count"), 0);
    EXPECT_GT(cpu_ns_of(trial), 0);
    EXPECT_EQ(trial.at("in_flight_max"), 4);
  }
  EXPECT_EQ(programs_left(), 0);
}

// Without turns, in a window that is its own.
TEST_F(ParticipantRun, AFileSaysHowItIsStarted) {
  const std::string file = file_with("mine.toml", "participant = [\"python3\", \"" + kExample +
                                                      "\"]\nlanguage = \"Python\"\n"
                                                      "workloads = [\"fetch\"]\n");
  const Ended ended = run({"--program", file, "--turns", "off"});
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(result().at("cells").at(0).at("strategy_info").at("family"), "Python");
  EXPECT_TRUE(only_trial().at("invariants").at("littles_law"));
  const Ended elsewhere = run({"--program", file}, {"run", "serve"});
  EXPECT_EQ(elsewhere.exit_code, 5);
  EXPECT_THAT(elsewhere.err, HasSubstr("mine takes part in fetch alone"));
}

TEST_F(ParticipantRun, AServerTakesPartInTheSameWay) {
  const Ended ended = run(
      {"--participant", "py=python3 " EXAMPLES "/participant_server.py", "--strategies", "epoll"},
      {"run", "serve"});
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  const json stored = result();
  for (const json& trial : cell_of(stored, "py").at("trials")) {
    EXPECT_TRUE(trial.at("valid")) << trial.at("reason");
    EXPECT_TRUE(trial.at("invariants").at("both_ends_agree"));
  }
}

struct Fault {
  const char* name;
  int exit_code;
  const char* says;
};

TEST_F(ParticipantRun, FaultsFailTheTrialWithTheirReason) {
  for (const auto& [name, exit_code, says] :
       {Fault{"dies", 5, "ended before its \"record\": exit code 3; it said: the pool has gone"},
        Fault{"garbage", 5, "not a line of the protocol"},
        Fault{"lies", 4, "invariant_both_ends_agree"},
        Fault{"cut_short", 5, "records and a part of one"},
        Fault{"children", 4, "py left a process running: python3"}}) {
    SCOPED_TRACE(name);
    const Ended ended = run({"--participant", "py=" + odd(name)});
    EXPECT_EQ(ended.exit_code, exit_code) << ended.out << ended.err;
    EXPECT_THAT(ended.err, HasSubstr(says));
    EXPECT_EQ(programs_left(), 0);
  }
}

TEST_F(ParticipantRun, OneThatNeverGetsReadyIsQuoted) {
  const Ended ended = run({"--program", impatient("silent")});
  EXPECT_EQ(ended.exit_code, 5) << ended.err;
  EXPECT_THAT(ended.err,
              HasSubstr("did not report \"ready\" within 2 s; it said: waiting for the moon"));
  EXPECT_EQ(programs_left(), 0);
}

TEST_F(ParticipantRun, AnInterruptedRunLeavesNobody) {
  Program running({"run", "fetch", "--participant", "py=" + odd("ignores_sigterm"), "--connections",
                   "4", "--duration", "20s", "--trials", "1", "--cpu-idle", "default", "--force",
                   "--out", out_});
  wait_for_programs(1);
  running.signal(SIGINT);
  EXPECT_EQ(running.wait().exit_code, 130);
  EXPECT_EQ(programs_left(), 0);
}

TEST_F(ParticipantRun, WhatItCannotDoIsSaid) {
  const Ended open = run({"--participant", "py=" + odd("none"), "--arrivals", "poisson:1000"});
  EXPECT_EQ(open.exit_code, 5);
  EXPECT_THAT(open.err, HasSubstr("closed loops alone"));
  const Ended paused = run({"--participant", "py=" + odd("none"), "--think-time", "1ms"});
  EXPECT_EQ(paused.exit_code, 5);
  EXPECT_THAT(paused.err, HasSubstr("participant.py is a client of fetch alone"));
}

TEST_F(ParticipantRun, WrongUsageHasItsCauseAndRemedy) {
  for (const std::string given : {"client.toml", "=./client", "py="}) {
    const Ended ended = run({"--participant", given});
    expect_refusal(ended, 2, "no name or no command");
  }
  expect_refusal(run({"--participant", "Py=./client"}), 2, "\"Py\" is no name");
  expect_refusal(run({"--participant", "epoll=./client"}), 2, "there is a strategy epoll already");
  expect_refusal(check(""), 2, "no program given");
  expect_refusal(check("none.toml"), 2, "No such file");
  expect_refusal(check(file_with("server.toml", "command = \"./server {port}\"\n")), 2,
                 "it has no participant");
  expect_refusal(check("./client", {"--workload", "fech"}), 2, "did you mean fetch?");
}

TEST_F(ParticipantRun, TheExampleIsFoundCorrect) {
  const Ended ended = check("python3 " + kExample);
  EXPECT_EQ(ended.exit_code, 0) << ended.out << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("takes part correctly in fetch"));
  const Ended server = check("python3 " EXAMPLES "/participant_server.py", {"--workload", "serve"});
  EXPECT_EQ(server.exit_code, 0) << server.out << server.err;
}

TEST_F(ParticipantRun, ACheckFindsWhatIsWrong) {
  for (const auto& [name, exit_code, says] :
       {Fault{"dies", 4, "exit code 3; it said: the pool has gone"},
        Fault{"garbage", 4, "not a line of the protocol"},
        Fault{"lies", 4, "its counts are not those of the server"},
        Fault{"cut_short", 4, "records and a part of one"},
        Fault{"other_clock", 4, "times are those of CLOCK_MONOTONIC"},
        Fault{"backwards", 4, "it ends 1 ns before it begins"},
        Fault{"other_outcome", 4, "its outcome is 99: they are 0 (ok) to "},
        Fault{"no_records", 4, "its record says neither how many \"records\""},
        Fault{"exits", 4, "ended before its \"record\": exit code 0"},
        Fault{"lingers", 4, "did not end within 2 s of its record"},
        Fault{"no_turns", 4, "requests begin in turns alone"},
        Fault{"children", 4, "left a process running: python3"},
        Fault{"ignores_sigterm", 4, "told to end (SIGTERM): program did not end on its signal"}}) {
    SCOPED_TRACE(name);
    const Ended ended = check(odd(name));
    EXPECT_EQ(ended.exit_code, exit_code) << ended.out << ended.err;
    EXPECT_THAT(ended.out, AllOf(HasSubstr(says), HasSubstr("does not take part correctly")));
    EXPECT_EQ(programs_left(), 0);
  }
  const Ended silent = check(impatient("silent"));
  EXPECT_EQ(silent.exit_code, 4);
  EXPECT_THAT(silent.out, HasSubstr("did not report \"ready\" within 2 s"));
}

}  // namespace
}  // namespace asyncbench::test
