// Output that fails: no command takes it for success, none ends because standard error is full, and
// nothing that is printed lands in a file.
#include <gmock/gmock.h>

#include <csignal>
#include <filesystem>
#include <regex>
#include <string>
#include <vector>

#include "cli_checks.hpp"
#include "program.hpp"

namespace asyncbench::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

// The shortest run that still measures.
Arguments measured(Arguments arguments) {
  for (const char* more :
       {"fetch", "--strategies", "epoll", "--connections", "2", "--duration", "50ms", "--warmup",
        "20ms", "--trials", "1", "--grace", "200ms", "--cpu-idle", "default", "--force"}) {
    arguments.emplace_back(more);
  }
  return arguments;
}

// Every command that prints. Those with a result read r.json.
std::vector<Arguments> printing_commands() {
  return {{"--help"},
          {"--version"},
          {"help", "--man"},
          {"run", "--help"},
          {"list"},
          {"list", "--json"},
          {"doctor"},
          {"doctor", "--json"},
          {"show", "r.json"},
          {"compare", "r.json"},
          {"compare", "r.json", "r.json", "--json"},
          {"report", "r.json", "--format", "markdown"},
          {"report", "r.json", "--format", "csv"},
          {"export", "r.json", "--format", "junit"},
          {"history", "r.json"},
          {"gate", "r.json", "r.json"},
          {"run", "quick", "--dry-run"},
          {"gate", "--base", ASYNCBENCH_PROGRAM, "--candidate", ASYNCBENCH_PROGRAM, "--dry-run"},
          measured({"run", "--json", "--out", "json.json"}),
          measured({"run", "--out", "text.json"})};
}

class CliOutput : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(run_program(measured({"run", "--out", "r.json"}), here_).exit_code, 0);
  }

  Surroundings here(const std::string& out, const std::string& err) const {
    Surroundings surroundings = here_;
    surroundings.out = out;
    surroundings.err = err;
    return surroundings;
  }

  const ScratchFolder folder_;
  const Surroundings here_{.folder = folder_.path()};
};

TEST_F(CliOutput, AFullStandardOutputIsExitCodeSixAndSaid) {
  for (const Arguments& command : printing_commands()) {
    SCOPED_TRACE(::testing::PrintToString(command));
    const Ended ended = run_program(command, here("/dev/full", ""));
    EXPECT_EQ(ended.exit_code, 6);
    EXPECT_THAT(ended.err, HasSubstr("asyncbench: standard output: ENOSPC"));
  }
}

TEST_F(CliOutput, AFullOrClosedStandardErrorChangesNothing) {
  std::vector<Arguments> commands = printing_commands();
  commands.push_back({"show", "missing.json"});
  commands.push_back({"nonsense"});
  commands.push_back({});
  for (const Arguments& command : commands) {
    SCOPED_TRACE(::testing::PrintToString(command));
    const Ended usual = run_program(command, here_);
    for (const char* err : {"/dev/full", kClosed}) {
      const Ended ended = run_program(command, here("", err));
      EXPECT_EQ(ended.exit_code, usual.exit_code) << err;
      EXPECT_EQ(ended.out.empty(), usual.out.empty()) << err;
    }
  }
}

TEST_F(CliOutput, WithClosedDescriptorsNothingPrintedLandsInAFile) {
  const Ended run = run_program(measured({"run", "--out", "closed.json"}), here(kClosed, kClosed));
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_THAT(folder_.read("closed.json"), StartsWith("{"));
  EXPECT_EQ(run_program({"show", "closed.json"}, here_).exit_code, 0);
  // An interrupted one, for its journal.
  Program interrupted({"run", "fetch", "--strategies", "epoll", "--duration", "100ms", "--trials",
                       "500", "--cpu-idle", "default", "--out", "killed.json"},
                      here(kClosed, kClosed));
  const auto journal = folder_.path() / "killed.json.journal";
  std::error_code error;
  for (int i = 0; i < 2000 && !(std::filesystem::file_size(journal, error) > 10'000 && !error);
       ++i) {
    usleep(10'000);
  }
  interrupted.signal(SIGKILL);
  interrupted.wait();
  for (const std::string& line : lines_of(folder_.read("killed.json.journal"))) {
    EXPECT_TRUE(std::regex_search(line, std::regex("^[0-9a-f]{8} \\{"))) << line.substr(0, 80);
  }
}

TEST_F(CliOutput, AReaderThatLeavesIsNoReasonForWords) {
  Surroundings here = here_;
  here.program = "sh";
  const Ended ended =
      run_program({"-c", std::string(ASYNCBENCH_PROGRAM) + " help --man | head -n 1; exit 0"}, here);
  EXPECT_THAT(ended.err, IsEmpty());
  EXPECT_EQ(lines_of(ended.out).size(), 1u);
}

}  // namespace
}  // namespace asyncbench::test
