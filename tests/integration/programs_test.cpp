// Servers of the user's as subjects: --program, program files, and what goes wrong with them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "program_run.hpp"
#include "tests/sanitized.hpp"

namespace asyncbench::test {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;

const std::string kServer = SERVERS "/server.py";

class ProgramRun : public ProgramTest {
 protected:
  Ended run(std::vector<std::string> more, std::vector<std::string> work = {"run", "serve"}) {
    return ProgramTest::run(std::move(more), std::move(work));
  }

  std::string server(const std::string& oddities = "") const {
    return "python3 " + kServer + " {port} " + folder_.path().string() + ' ' + oddities;
  }

  // A program file of a server with the oddity.
  std::string odd_file(const std::string& oddity, const std::string& more = "") {
    return file_with("odd.toml", "command = \"" + server(oddity) + "\"\ntarget = \"/\"\n" + more);
  }
};

TEST_F(ProgramRun, ACommandStandsBesideAStrategy) {
  const Ended ended = run({"--program", "python3 " + kServer, "--program-args", "{port}",
                           "--target", "/health", "--strategies", "epoll"});
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_THAT(ended.out, AllOf(HasSubstr("python3"), HasSubstr("epoll")));
  const json stored = result();
  ASSERT_EQ(stored.at("cells").size(), 2U);
  for (const json& cell : stored.at("cells")) {
    EXPECT_EQ(cell.at("status"), "measured");
    for (const json& trial : cell.at("trials")) {
      EXPECT_TRUE(trial.at("valid"));
      EXPECT_GT(cpu_ns_of(trial), 0);
    }
  }
  EXPECT_EQ(programs_left(), 0);
}

TEST_F(ProgramRun, AFileSaysHowItIsStarted) {
  const std::string file = file_with("mine.toml", "command = \"" + server() + R"("
name = "mine:new"
language = "Python"
target = "/items?n={body_bytes}"
ready = "prints ready"
)");
  const Ended ended = run({"--program", file, "--body-bytes", "100"});
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  const json cell = result().at("cells").at(0);
  EXPECT_EQ(cell.at("strategy"), "mine:new");
  EXPECT_EQ(cell.at("strategy_info").at("family"), "Python");
}

// Both where it is the subject and where clients in either form are.
TEST_F(ProgramRun, OneAtAUnixSocketIsAskedThere) {
  const std::string file =
      file_with("mine.toml", "command = \"python3 " + kServer + " {socket} " +
                                 folder_.path().string() + "\"\ntarget = \"/\"\n");
  const Ended served = run({"--program", file, "--strategies", "epoll"});
  ASSERT_EQ(served.exit_code, 0) << served.err;
  const json of_server = result();
  for (const json& cell : of_server.at("cells")) EXPECT_EQ(cell.at("status"), "measured");
  const Ended fetched = run({"--program", file, "--peer-strategy", "mine", "--strategies",
                             "thread_per_connection,epoll,curl_multi,curl_threads"},
                            {"run", "fetch"});
  ASSERT_EQ(fetched.exit_code, 0) << fetched.err;
  const json of_clients = result();
  for (const json& cell : of_clients.at("cells")) {
    for (const json& trial : cell.at("trials")) {
      EXPECT_TRUE(trial.at("valid")) << cell.at("strategy") << trial.at("reason");
      EXPECT_GT(trial.at("outcomes").at("ok"), 0) << cell.at("strategy");
    }
  }
  EXPECT_EQ(programs_left(), 0);
}

TEST_F(ProgramRun, AWarmUpIsAnsweredAndToldBeforeTheWindow) {
  for (const char* const oddity : {"", "rude"}) {
    SCOPED_TRACE(oddity);
    const Ended ended = run({"--program", odd_file(oddity, "warmup_requests = 300"), "--keep-alive",
                             *oddity != '\0' ? "off" : "on"});
    ASSERT_EQ(ended.exit_code, 0) << ended.err;
    const json figures = only_trial().at("figures");
    EXPECT_EQ(figures.at("warmup_requests"), 300);
    EXPECT_GT(figures.at("warmup_requests_ns"), 0);
  }
}

TEST_F(ProgramRun, WhatIsAskedBeforeTheClientsComeIsNotEncrypted) {
  const Ended ended = run({"--program", odd_file("", "warmup_requests = 300"), "--tls", "on"});
  EXPECT_EQ(ended.exit_code, 5) << ended.out;
  EXPECT_THAT(ended.out + ended.err, HasSubstr("is plain HTTP; with --tls on, leave"));
}

TEST_F(ProgramRun, FailuresSayWhatHappenedAndWhatTheProgramSaid) {
  struct Case {
    const char* oddity;
    const char* more;  // in the program file
    const char* says;
    const char* quotes;
  };
  for (const auto& [oddity, more, says, quotes] :
       {Case{"never", "ready_within = \"3s\"",
             "did not listen on 127.0.0.1:", "waiting for the moon"},
        Case{"other-port", "ready_within = \"3s\"", "it listens on port ", "ready"},
        Case{"unwell", "warmup_requests = 10", "failed a request of its warm-up: status 500",
             "ready"},
        Case{"", "warmup_requests = 9000000\nready_within = \"1s\"",
             "of 9000000 warmup_requests within 1 s", "ready"},
        Case{"dies", "", "ended while it served: exit code 3", "the database has gone"}}) {
    SCOPED_TRACE(oddity);
    const std::string file = odd_file(oddity, more);
    const Ended ended = run({"--program", file});
    EXPECT_EQ(ended.exit_code, 5) << ended.out << ended.err;
    EXPECT_THAT(ended.out + ended.err, AllOf(HasSubstr(says), HasSubstr(quotes)));
    EXPECT_EQ(programs_left(), 0);
  }
}

TEST_F(ProgramRun, OtherBytesThanBeforeAreErrors) {
  const Ended ended = run({"--program", odd_file("changes"), "--verify", "all", "--notes"});
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("content_mismatch"));
}

TEST_F(ProgramRun, NobodyIsLeftOfAProgramThatWillNotEnd) {
  EXPECT_EQ(run({"--program", odd_file("orphans", "stop_within = \"100ms\"")}).exit_code, 0);
  EXPECT_EQ(programs_left(), 0);
}

TEST_F(ProgramRun, AnInterruptedRunLeavesNobody) {
  Program running({"run", "serve", "--program", odd_file("orphans"), "--connections", "4",
                   "--duration", "20s", "--trials", "1", "--cpu-idle", "default", "--force",
                   "--out", out_});
  wait_for_programs(2);
  running.signal(SIGINT);
  EXPECT_EQ(running.wait().exit_code, 130);
  EXPECT_EQ(programs_left(), 0);
}

// What a killed run leaves, the next one finds by its control group.
TEST_F(ProgramRun, AKilledRunLeavesNobodyForLong) {
  if (kSanitized) GTEST_SKIP() << "slow";
  {
    Program running({"run", "serve", "--program", odd_file("orphans"), "--connections", "4",
                     "--duration", "20s", "--trials", "1", "--cpu-idle", "default", "--force",
                     "--out", out_});
    wait_for_programs(2);
    running.signal(SIGKILL);
    EXPECT_EQ(running.wait().exit_code, 128 + SIGKILL);
  }
  EXPECT_EQ(run({"--strategies", "epoll"}).exit_code, 0);
  if (only_trial().at("subject").at("cpu_account") != "cgroup") {
    GTEST_SKIP() << "no control groups of version 2 that may be written";
  }
  EXPECT_EQ(programs_left(), 0);
}

TEST_F(ProgramRun, OneInTheBackgroundIsMeasured) {
  EXPECT_EQ(run({"--program", odd_file("background")}).exit_code, 0);
  EXPECT_GT(cpu_ns_of(only_trial()), 10'000'000);
  EXPECT_EQ(programs_left(), 0);
}

TEST_F(ProgramRun, MegabytesOfOutputHarmNobody) {
  EXPECT_EQ(run({"--program", odd_file("noisy")}).exit_code, 0);
}

TEST_F(ProgramRun, WrongUsageHasItsCauseAndRemedy) {
  struct Case {
    std::vector<std::string> options;
    const char* says;
  };
  for (const auto& [options, says] :
       {Case{{"--program", "./server"}, "write {port}"},
        Case{{"--program", "missing.toml"}, "No such file"},
        Case{{"--target", "/x"}, "--target without a command"},
        Case{{"--program", file_with("bad.toml", "command = \"a {port}\"\ncomand = 1\n")},
             "bad.toml:2:1: unknown key"},
        Case{{"--program", file_with("epoll.toml", "command = \"a {port}\"\n")},
             "there is a strategy epoll already"}}) {
    const Ended ended = run(options);
    EXPECT_EQ(ended.exit_code, 2) << ended.out;
    EXPECT_THAT(ended.err, HasSubstr(says));
  }
}

// Its stacks are those of the server's processes, whose interpreter is the program's own code.
TEST_F(ProgramRun, IsProfiledFromOutside) {
  const Ended ended = run({"--program", odd_file("")}, {"profile", "serve"});
  if (ended.err.find("perf_event") != std::string::npos) GTEST_SKIP() << ended.err;
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  json samples;
  const json whole = result();
  for (const json& trial : whole.at("cells").at(0).at("trials")) {
    if (trial.at("kind") == "profile") samples = trial.at("profile").at("on_cpu");
  }
  EXPECT_EQ(samples.at("program"), "");
  EXPECT_THAT(samples.at("stacks").dump(),
              AllOf(HasSubstr("python3"), Not(HasSubstr("asyncbench"))));
  EXPECT_THAT(ended.out, AllOf(HasSubstr("strategy"), HasSubstr("TCP send")));
}

TEST_F(ProgramRun, WhatItCannotDoIsSaid) {
  const Ended fixed = run({"--program", server(), "--target", "/x", "--body-bytes", "16k"});
  EXPECT_EQ(fixed.exit_code, 5);
  EXPECT_THAT(fixed.err, HasSubstr("whatever body_bytes is"));
  const std::string file = file_with("mine.toml", "command = \"" + server() + R"("
check = "false"
package = "moon-rocks"
)");
  const Ended missing = run({"--program", file});
  EXPECT_EQ(missing.exit_code, 5);
  EXPECT_THAT(missing.err, HasSubstr("install moon-rocks"));
}

}  // namespace
}  // namespace asyncbench::test
