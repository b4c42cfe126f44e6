// Output that fails: no command takes it for success, none ends because standard error is full, and
// nothing that is printed lands in a file.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <regex>
#include <string>
#include <thread>
#include <vector>

#include "cli_checks.hpp"
#include "core/fd.hpp"
#include "program.hpp"
#include "result/json.hpp"

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
  const Ended ended = run_program(
      {"-c", std::string(ASYNCBENCH_PROGRAM) + " help --man | head -n 1; exit 0"}, here);
  EXPECT_THAT(ended.err, IsEmpty());
  EXPECT_EQ(lines_of(ended.out).size(), 1u);
}

// Whoever reads is slow, so that the signal comes after the result is stored, as it is printed.
TEST_F(CliOutput, ASignalWhileTheStoredResultIsPrintedCutsNothingOff) {
  for (const int signal : {SIGHUP, SIGINT, SIGTERM}) {
    const ScratchFolder folder;
    const std::string pipe = folder.path() / "pipe";
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    const Fd reader(::open(pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    ASSERT_TRUE(reader);
    ::fcntl(reader.get(), F_SETPIPE_SZ, 4096);
    Program run(
        {"run", "fetch", "--strategies", "epoll", "--connections", "2", "--duration", "50ms",
         "--warmup", "20ms", "--trials", "1", "--cpu-idle", "default", "--out", "r.json", "--json"},
        {.folder = folder.path(), .out = pipe});
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(40);
    while (!std::filesystem::exists(folder.path() / "r.json") &&
           std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    run.signal(signal);
    ::fcntl(reader.get(), F_SETFL, 0);
    std::string text;
    std::array<char, 4096> bytes{};
    for (ssize_t got = 1; got > 0;) {
      got = ::read(reader.get(), bytes.data(), bytes.size());
      text.append(bytes.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    }
    const Ended ended = run.wait();
    EXPECT_EQ(ended.exit_code, 0) << signal << ended.err;
    EXPECT_EQ(nlohmann::json::parse(text, nullptr, false), read_json(folder, "r.json")) << signal;
    EXPECT_FALSE(std::filesystem::exists(folder.path() / "r.json.journal"));
  }
}

// A result with an escape sequence, a bell, a C1 control and a mark that turns the direction of
// writing in every text of it that may be any.
std::string spoiled(nlohmann::ordered_json result) {
  const nlohmann::ordered_json flat = result.flatten();
  for (const auto& [path, value] : flat.items()) {
    if (!value.is_string() || value.get_ref<const std::string&>().starts_with("HIST")) continue;
    nlohmann::ordered_json& text = result[nlohmann::ordered_json::json_pointer(path)];
    text = value.get<std::string>() + "\033[31m\a\u009b\u202e";
    try {
      result::parse(result.dump());
    } catch (const result::FormatError&) {
      text = value;
    }
  }
  return result.dump();
}

TEST_F(CliOutput, NoTextForPeopleHasControlCharactersOfAResult) {
  const std::string golden = GOLDEN_FOLDER "/export/result.json";
  const ScratchFolder folder;
  const std::string path =
      folder.file("odd.json", spoiled(nlohmann::ordered_json::parse(std::ifstream(golden))));
  for (const Arguments& arguments :
       std::vector<Arguments>{{"show", path, "--notes", "--tables"},
                              {"compare", path},
                              {"compare", path, path},
                              {"gate", path, path},
                              {"history", path},
                              {"report", path, "--format", "markdown"},
                              {"report", path, "--format", "terminal"},
                              {"report", path, "--format", "csv"},
                              {"export", path, "--format", "benchstat"},
                              {"export", path, "--format", "openmetrics"},
                              {"export", path, "--format", "junit"},
                              {"export", path, "--format", "hlog"},
                              {"export", path, "--format", "google-benchmark"}}) {
    const bool is_data = arguments.back() == "google-benchmark";
    const Ended ended = run_program(arguments);
    const std::string label = arguments.front() + " " + arguments.back();
    for (const std::string& text : {ended.out, ended.err}) {
      for (const char c : text) {
        const bool ends_line = c == '\n' || (c == '\r' && arguments.back() == "csv");
        ASSERT_TRUE(c < 0 || c >= ' ' || c == '\t' || ends_line) << label << ": " << int{c};
      }
      if (is_data) continue;
      EXPECT_THAT(text, ::testing::Not(HasSubstr("\u009b"))) << label;
      EXPECT_THAT(text, ::testing::Not(HasSubstr("\u202e"))) << label;
    }
  }
}

}  // namespace
}  // namespace asyncbench::test
