// `asyncbench gate --base-rev` in a repository that somebody works in: whatever git or the
// environment say, it leaves the work alone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "cli_checks.hpp"
#include "program.hpp"

namespace asyncbench::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

// A repository with two commits, a staged edit, one that is not staged, and a file that git does
// not know. Its build copies the program under test.
class GateBuilds : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::create_directory(repository_);
    file("CMakeLists.txt",
         "cmake_minimum_required(VERSION 3.25)\nproject(throwaway NONE)\n"
         "add_custom_target(asyncbench COMMAND ${CMAKE_COMMAND} -E copy \"" ASYNCBENCH_PROGRAM
         "\" \"${CMAKE_BINARY_DIR}/asyncbench\")\n");
    file(".gitignore", "/build-gate/\n");
    file("work.txt", "first\n");
    git({"init", "--quiet", "--initial-branch", "work"});
    git({"add", "."});
    git({"commit", "--quiet", "-m", "first"});
    file("work.txt", "second\n");
    git({"commit", "--quiet", "--all", "-m", "second"});
    file("staged.txt", "staged\n");
    git({"add", "staged.txt"});
    file("work.txt", "hours of work\n");
    file("unknown.txt", "not yet added\n");
    before_ = state();
  }

  void file(const std::string& name, const std::string& text) const {
    folder_.file("repository/" + name, text);
  }

  std::string git(Arguments arguments) const {
    arguments.insert(arguments.begin(), {"-c", "user.name=t", "-c", "user.email=t@example.org"});
    const Ended ended = run_program(
        std::move(arguments),
        {.folder = repository_, .environment = {"GIT_CONFIG_GLOBAL=/dev/null"}, .program = "git"});
    EXPECT_EQ(ended.exit_code, 0) << ended.err;
    return ended.out;
  }

  // All that could be lost.
  std::string state() const {
    return git({"symbolic-ref", "HEAD"}) + git({"rev-parse", "HEAD"}) +
           git({"status", "--porcelain"}) + git({"diff"}) + git({"diff", "--cached"}) +
           folder_.read("repository/work.txt") + folder_.read("repository/unknown.txt");
  }

  Arguments gate() const {
    return {"gate",
            "--base-rev",
            "HEAD~1",
            "--pairs",
            "1",
            "--out",
            out_,
            "--json",
            "--force",
            "fetch",
            "--strategies",
            "epoll",
            "--connections",
            "2",
            "--duration",
            "50ms",
            "--warmup",
            "20ms",
            "--cpu-idle",
            "default",
            "--peer-strategy",
            "asio",
            "--server-delay",
            "2ms"};
  }

  std::string hook() const {
    std::string script = "#!/bin/sh\n" ASYNCBENCH_PROGRAM;
    for (const std::string& argument : gate()) script += ' ' + argument;
    return script + " > gate.json 2> gate.err\nexit 1\n";
  }

  void expect_measured() const {
    EXPECT_TRUE(fs::exists(out_)) << folder_.read("repository/gate.err");
    fs::remove(out_);
    fs::remove(repository_ / "gate.json");
    fs::remove(repository_ / "gate.err");
    EXPECT_EQ(state(), before_);
  }

  const ScratchFolder folder_;
  const fs::path repository_ = folder_.path() / "repository";
  const std::string out_ = (folder_.path() / "g.json").string();
  std::string before_;
};

TEST_F(GateBuilds, LeavesTheWorkAloneWhateverTheEnvironmentSays) {
  const std::string dir = (repository_ / ".git").string();
  const std::vector<std::vector<std::string>> environments = {
      {},
      {"GIT_DIR=" + dir, "GIT_WORK_TREE=" + repository_.string()},
      {"GIT_DIR=" + dir},
      {"GIT_INDEX_FILE=" + dir + "/index", "GIT_PREFIX="},
      {"GIT_COMMON_DIR=" + dir, "GIT_OBJECT_DIRECTORY=" + dir + "/objects"},
      {"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=core.worktree",
       "GIT_CONFIG_VALUE_0=" + repository_.string()},
      {"DEPENDENCIES_OUTPUT=" + (repository_ / "work.txt").string(), "MAKEFLAGS=n"}};
  for (const auto& environment : environments) {
    SCOPED_TRACE(::testing::PrintToString(environment));
    fs::remove_all(repository_ / "build-gate");
    const Ended ended = run_program(gate(), {.folder = repository_, .environment = environment});
    EXPECT_THAT(ended.exit_code, ::testing::AnyOf(0, 3, 4)) << ended.err;
    expect_measured();
  }
}

TEST_F(GateBuilds, LeavesTheWorkAloneInAHook) {
  for (const char* name : {"pre-commit", "post-checkout"}) {
    SCOPED_TRACE(name);
    fs::remove_all(repository_ / "build-gate");
    file(std::string(".git/hooks/") + name, hook());
    ::chmod((repository_ / ".git/hooks" / name).c_str(), 0755);
    const Ended ended = run_program(
        name == std::string("pre-commit")
            ? Arguments{"-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-m", "x"}
            : Arguments{"checkout", "work"},
        {.folder = repository_, .program = "git"});
    EXPECT_EQ(ended.exit_code, 1) << ended.err;
    fs::remove(repository_ / ".git/hooks" / name);
    expect_measured();
  }
}

// Once it checked out with --force into whatever stood there.
TEST_F(GateBuilds, ChecksOutNowhereButInAWorktreeOfItsOwn) {
  fs::create_directory(repository_ / "build-gate");
  const fs::path source = repository_ / "build-gate" / "source";
  fs::create_directory_symlink(repository_, source);
  expect_refusal(run_program(gate(), {.folder = repository_}), 2,
                 "is not the worktree of the gate");
  fs::remove(source);
  fs::create_directory(source);
  expect_refusal(run_program(gate(), {.folder = repository_}), 2,
                 "is not the worktree of the gate");
  EXPECT_EQ(state(), before_);
}

// As SIGKILL leaves it while git makes the worktree, or checks out there.
TEST_F(GateBuilds, SaysWhatGitAndTheBuildSay) {
  const Surroundings here{.folder = repository_,
                          .environment = {"HOME=" + folder_.path().string()}};
  // The command that fails has an option with "error" in it, as compilers' have.
  file("CMakeLists.txt",
       "cmake_minimum_required(VERSION 3.25)\nproject(throwaway NONE)\n"
       "add_custom_target(asyncbench COMMAND sh -c \"cat ../source/work.txt; exit 1\" "
       "-Werror VERBATIM)\n");
  file("work.txt", "a.cpp:1: error: no such name\n");
  git({"commit", "--quiet", "--all", "-m", "broken"});
  const Ended failed = run_program({"gate", "--base-rev", "HEAD"}, here);
  EXPECT_EQ(failed.exit_code, 2);
  EXPECT_THAT(failed.err, HasSubstr("building HEAD failed: a.cpp:1: error: no such name"));

  // Git knows more than that there is no repository: here, that it is another user's.
  constexpr uid_t kNobody = 65534;
  if (::chown(repository_.c_str(), kNobody, kNobody) != 0) return;
  const Ended refused = run_program({"gate", "--base-rev", "HEAD"}, here);
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, HasSubstr("dubious ownership"));
  EXPECT_THAT(refused.err, HasSubstr("safe.directory"));
}

TEST_F(GateBuilds, MakesAnewWhatAKilledGateLeftUnfinished) {
  const fs::path folder = repository_ / "build-gate";
  const fs::path source = folder / "source";
  for (const bool is_whole : {false, true}) {
    SCOPED_TRACE(is_whole);
    fs::remove_all(folder);
    git({"worktree", "add", "--force", "--detach", source.string(), "HEAD"});
    file("build-gate/unfinished", "");
    file(".git/worktrees/source/index.lock", "");
    if (!is_whole) {
      fs::remove(source / ".git");
      file(".git/worktrees/source/locked", "initializing\n");
    }
    const Ended ended = run_program(gate(), {.folder = repository_});
    EXPECT_THAT(ended.exit_code, ::testing::AnyOf(0, 3, 4)) << ended.err;
    expect_measured();
    EXPECT_FALSE(fs::exists(folder / "unfinished"));
  }
}

// One entry for the gate's worktree, however often its folder was removed.
TEST_F(GateBuilds, LeavesOneWorktreeInTheRepository) {
  for (int i = 0; i < 2; ++i) {
    fs::remove_all(repository_ / "build-gate");
    run_program(gate(), {.folder = repository_});
  }
  const auto entries = fs::directory_iterator(repository_ / ".git/worktrees");
  EXPECT_EQ(std::distance(fs::begin(entries), fs::end(entries)), 1);
}

// Whether a process with this argument runs.
bool runs(const std::string& argument) {
  std::error_code ignored;
  for (fs::directory_iterator entry("/proc", ignored), end; entry != end;
       entry.increment(ignored)) {
    std::ifstream file(entry->path() / "cmdline");
    const std::string line{std::istreambuf_iterator<char>(file), {}};
    if (line.find(argument) != std::string::npos) return true;
  }
  return false;
}

TEST_F(GateBuilds, LeavesNoBuildBehindWhenItIsInterrupted) {
  const std::string seconds = "1000." + std::to_string(::getpid());
  file("CMakeLists.txt",
       "cmake_minimum_required(VERSION 3.25)\nproject(throwaway NONE)\n"
       "add_custom_target(asyncbench COMMAND sleep " +
           seconds + ")\n");
  git({"add", "CMakeLists.txt"});
  git({"commit", "--quiet", "-m", "slow to build", "CMakeLists.txt"});
  Arguments arguments = gate();
  std::ranges::replace(arguments, std::string("HEAD~1"), std::string("HEAD"));
  Program program(arguments, {.folder = repository_});
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(40);
  while (!runs(seconds) && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  ASSERT_TRUE(runs(seconds));
  program.signal(SIGTERM);
  const Ended ended = program.wait();
  EXPECT_EQ(ended.exit_code, 143) << ended.err;
  EXPECT_THAT(ended.err, HasSubstr("interrupted"));
  EXPECT_FALSE(runs(seconds));
}

}  // namespace
}  // namespace asyncbench::test
