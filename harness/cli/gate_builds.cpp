#include "cli/gate_builds.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <vector>

#include "cli/command.hpp"

namespace asyncbench::cli {
namespace {

namespace fs = std::filesystem;

// Runs a program to its end, with what it prints in a file. Whether it ended with exit code 0.
bool succeeds(std::vector<std::string> arguments, const fs::path& output) {
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output.c_str(),
                                     O_WRONLY | O_CREAT | O_TRUNC, 0666);
  ::posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  pid_t pid = -1;
  const int error = ::posix_spawnp(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    throw usage_error(fmt::format("{}: {}", arguments[0], std::strerror(error)),
                      "building revisions needs git, cmake and ninja: see scripts/setup");
  }
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

std::string text_of(const fs::path& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string first_line(const fs::path& path) {
  const std::string text = text_of(path);
  return text.substr(0, text.find('\n'));
}

// The first line of a build's output that names an error, otherwise its last.
std::string last_words(const fs::path& path) {
  std::istringstream lines(text_of(path));
  std::string last;
  for (std::string line; std::getline(lines, line);) {
    if (line.find("error") != std::string::npos || line.find("Error") != std::string::npos) {
      return line;
    }
    if (!line.empty()) last = line;
  }
  return last;
}

// What git answers to a question of one line. Throws CommandError with `otherwise`.
std::string ask_git(std::vector<std::string> question, const fs::path& output,
                    const std::string& otherwise, const std::string& remedy) {
  question.insert(question.begin(), "git");
  if (!succeeds(question, output)) throw usage_error(otherwise, remedy);
  return first_line(output);
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
  std::string name = (fs::temp_directory_path() / "asyncbench-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) {
    throw CommandError(ExitCode::not_stored,
                       fmt::format("mkdtemp {}: {}", name, std::strerror(errno)),
                       "set TMPDIR to a folder that can be written");
  }
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::string program_at(const std::string& path, const std::string& option) {
  std::error_code error;
  const fs::path absolute = fs::canonical(path, error);
  if (error) throw usage_error(fmt::format("{} {}: {}", option, path, error.message()), "");
  if (!fs::is_regular_file(absolute) || ::access(absolute.c_str(), X_OK) != 0) {
    throw usage_error(fmt::format("{} {}: not a program that can be started", option, path),
                      "give the path of an asyncbench binary");
  }
  return absolute;
}

std::string build_revision(const std::string& revision) {
  const TemporaryFolder scratch;
  const fs::path answer = scratch.path() / "answer";
  const fs::path top = ask_git({"rev-parse", "--show-toplevel"}, answer,
                               "the current folder is in no git repository",
                               "start the gate in asyncbench's, or use --base and --candidate");
  const std::string commit =
      ask_git({"rev-parse", "--verify", "--end-of-options", revision + "^{commit}"}, answer,
              fmt::format("revision {} is unknown here", revision),
              "fetch it first: CI often clones without history (fetch-depth: 0)");
  const fs::path folder = top / "build-gate";
  const fs::path program = folder / commit / "asyncbench";
  if (fs::exists(program)) return program;

  const fs::path source = folder / "source";
  const fs::path build = folder / "build";
  const fs::path log = folder / (commit + ".log");
  fs::create_directories(folder);
  std::fprintf(stderr, "building %s (%s), log in %s\n", revision.c_str(),
               commit.substr(0, 12).c_str(), log.c_str());
  const auto must = [&](std::vector<std::string> arguments, std::string_view what) {
    if (succeeds(std::move(arguments), log)) return;
    throw usage_error(fmt::format("{} {} failed: {}", what, revision, last_words(log)),
                      fmt::format("see {}", log.string()));
  };
  if (!fs::exists(source)) {
    must({"git", "-C", top, "worktree", "prune"}, "preparing");
    must({"git", "-C", top, "worktree", "add", "--detach", source, commit}, "checking out");
  }
  must({"git", "-C", source, "checkout", "--detach", "--force", commit}, "checking out");
  must({"cmake", "-S", source, "-B", build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=RelWithDebInfo",
        "-DASYNCBENCH_TESTS=OFF", "-DASYNCBENCH_BENCH=OFF"},
       "configuring");
  must({"cmake", "--build", build, "--target", "asyncbench"}, "building");
  fs::create_directories(program.parent_path());
  fs::copy_file(build / "asyncbench", program, fs::copy_options::overwrite_existing);
  return program;
}

}  // namespace asyncbench::cli
