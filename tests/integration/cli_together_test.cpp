// Several of us at once, and one after the other: no result is lost, and none overwritten unasked.
#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "cli_checks.hpp"
#include "program.hpp"

namespace asyncbench::test {
namespace {

namespace fs = std::filesystem;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const Arguments kShort = {"fetch",   "--strategies",    "epoll", "--connections",
                          "2",       "--duration",      "50ms",  "--warmup",
                          "20ms",    "--grace",         "200ms", "--cpu-idle",
                          "default", "--peer-strategy", "asio"};

Arguments run_short(Arguments arguments) {
  arguments.insert(arguments.begin(), "run");
  arguments.insert(arguments.end(), kShort.begin(), kShort.end());
  arguments.insert(arguments.end(), {"--trials", "1"});
  return arguments;
}

Arguments gate_short(const std::string& out) {
  Arguments arguments = {"gate",  "--base", ASYNCBENCH_PROGRAM, "--candidate", ASYNCBENCH_PROGRAM,
                         "--out", out,      "--pairs",          "1",           "--json"};
  arguments.insert(arguments.end(), kShort.begin(), kShort.end());
  return arguments;
}

std::vector<std::string> names_in(const ScratchFolder& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder.path())) {
    names.push_back(entry.path().filename().string());
  }
  std::ranges::sort(names);
  return names;
}

TEST(CliTogether, AResultThatIsThereIsOverwrittenOnlyByForce) {
  const ScratchFolder folder;
  const Surroundings here{.folder = folder.path()};
  ASSERT_EQ(run_program(run_short({"--out", "r.json"}), here).exit_code, 0);
  EXPECT_EQ(names_in(folder), std::vector<std::string>{"r.json"});  // the journal is gone
  const std::string first = folder.read("r.json");
  for (const Arguments& command :
       {run_short({"--out", "r.json"}), gate_short("r.json"),
        Arguments{"profile", "fetch", "--strategies", "epoll", "--out", "r.json"},
        Arguments{"search", "fetch", "--strategies", "epoll", "--usl", "--out", "r.json"},
        Arguments{"versus", "epoll", "asio", "--out", "r.json"}}) {
    SCOPED_TRACE(::testing::PrintToString(command));
    const Ended refused = run_program(command, here);
    EXPECT_EQ(refused.exit_code, 2);
    EXPECT_THAT(refused.err, HasSubstr("r.json exists: name another file with --out, or overwrite "
                                       "it with --force"));
    EXPECT_EQ(folder.read("r.json"), first);
  }
  EXPECT_EQ(run_program(run_short({"--out", "r.json", "--force"}), here).exit_code, 0);
  EXPECT_NE(folder.read("r.json"), first);
}

TEST(CliTogether, NamesThatNobodyChoseDoNotCollide) {
  const ScratchFolder folder;
  std::vector<std::unique_ptr<Program>> programs;
  constexpr std::size_t kPrograms = 4;
  for (std::size_t i = 0; i < kPrograms; ++i) {
    programs.push_back(
        std::make_unique<Program>(run_short({}), Surroundings{.folder = folder.path()}));
  }
  // Beside one another they disturb each other, but each stores what it has measured.
  for (const auto& program : programs) EXPECT_THAT(program->wait().exit_code, AnyOf(0, 4));
  const std::vector<std::string> names = names_in(folder);
  EXPECT_EQ(names.size(), kPrograms) << ::testing::PrintToString(names);
  for (const std::string& name : names) {
    EXPECT_EQ(run_program({"show", name}, {.folder = folder.path()}).exit_code, 0) << name;
  }
}

// Once the second gate removed the journal of the first.
TEST(CliTogether, OfSeveralWithOneNameOneWritesAndTheOthersSaySo) {
  for (const Arguments& command : {run_short({"--out", "r.json"}), gate_short("r.json")}) {
    SCOPED_TRACE(command.front());
    const ScratchFolder folder;
    std::vector<std::unique_ptr<Program>> programs;
    for (int i = 0; i < 4; ++i) {
      programs.push_back(std::make_unique<Program>(command, Surroundings{.folder = folder.path()}));
    }
    int stored = 0;
    for (const auto& program : programs) {
      const Ended ended = program->wait();
      if (ended.exit_code != 6 && ended.exit_code != 2) {
        ++stored;
        continue;
      }
      EXPECT_THAT(ended.err, AnyOf(HasSubstr("another run is writing it"),
                                   HasSubstr("r.json exists: name another file")));
    }
    EXPECT_EQ(stored, 1);
    EXPECT_EQ(names_in(folder), std::vector<std::string>{"r.json"});
    EXPECT_EQ(run_program({"show", "r.json"}, {.folder = folder.path()}).exit_code, 0);
  }
}

}  // namespace
}  // namespace asyncbench::test
