#include "cli/gate_builds.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <signal.h>
#include <spawn.h>
#include <sys/file.h>
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
#include "cli/output.hpp"
#include "core/fd.hpp"
#include "core/temporary_folder.hpp"

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
  // Signals that we ignore are not to be ignored by others.
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  sigset_t all;
  sigfillset(&all);
  ::posix_spawnattr_setsigdefault(&attributes, &all);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  pid_t pid = -1;
  const int error = ::posix_spawnp(&pid, argv[0], &actions, &attributes, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
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
  if (!succeeds(question, output)) {
    throw usage_error(fmt::format("{}: {}", otherwise, first_line(output)), remedy);
  }
  return first_line(output);
}

// One gate at a time builds in a folder.
class BuildLock {
 public:
  explicit BuildLock(const fs::path& folder) {
    std::error_code error;
    fs::create_directories(folder, error);
    const fs::path path = folder / "lock";
    fd_ = Fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
    if (error || !fd_) {
      throw CommandError(
          ExitCode::not_stored,
          fmt::format("{}: {}", path.string(), error ? error.message() : std::strerror(errno)),
          "builds are kept there: make it a folder that can be written");
    }
    if (::flock(fd_.get(), LOCK_EX | LOCK_NB) == 0) return;
    print_error("another gate builds in {}; waiting for it\n", folder.string());
    while (::flock(fd_.get(), LOCK_EX) != 0 && errno == EINTR) {
    }
  }

 private:
  Fd fd_;
};

// The checkout of a revision overwrites whatever is there, so it happens only in the worktree that
// a gate has made: not in a link to the user's, nor in a folder from which git would go up to it.
void check_own_worktree(const fs::path& source, const fs::path& answer) {
  const auto ask = [&](const char* what) {
    const bool known =
        succeeds({"git", "-C", source, "rev-parse", "--path-format=absolute", what}, answer);
    return known ? fs::path(first_line(answer)) : fs::path();
  };
  std::error_code error;
  const bool is_top = ask("--show-toplevel") == fs::canonical(source, error);
  const bool is_linked = ask("--git-dir") != ask("--git-common-dir");
  if (is_top && is_linked && !fs::is_symlink(source)) return;
  throw usage_error(
      fmt::format("{} is not the worktree of the gate, and a checkout there would overwrite what "
                  "it holds",
                  source.string()),
      "move it away");
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
  std::string name = temporary_folder() + "/asyncbench-XXXXXX";
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
  const BuildLock lock(folder);
  if (fs::exists(program)) return program;

  const fs::path source = folder / "source";
  const fs::path build = folder / "build";
  const fs::path log = folder / (commit + ".log");
  const bool has_source = fs::exists(fs::symlink_status(source));
  if (has_source) check_own_worktree(source, answer);
  print_error("building {} ({}), log in {}\n", revision, commit.substr(0, 12), log.string());
  const auto must = [&](std::vector<std::string> arguments, std::string_view what) {
    if (succeeds(std::move(arguments), log)) return;
    throw usage_error(fmt::format("{} {} failed: {}", what, revision, last_words(log)),
                      fmt::format("see {}", log.string()));
  };
  // The user's hooks are for the user's own checkouts.
  const std::vector<std::string> git = {"git", "-c", "core.hooksPath=/dev/null"};
  const auto with_git = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), git.begin(), git.end());
    return arguments;
  };
  if (!has_source) {
    // Force: git may know this place from a folder that was removed since.
    must(with_git({"-C", top, "worktree", "add", "--force", "--detach", source, commit}),
         "checking out");
  }
  must(with_git({"-C", source, "checkout", "--detach", "--force", commit}), "checking out");
  must({"cmake", "-S", source, "-B", build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=RelWithDebInfo",
        "-DASYNCBENCH_TESTS=OFF", "-DASYNCBENCH_BENCH=OFF", "-DASYNCBENCH_CONFORMANCE=OFF"},
       "configuring");
  must({"cmake", "--build", build, "--target", "asyncbench"}, "building");
  fs::create_directories(program.parent_path());
  // By another name first: a copy that was interrupted must not pass for the program.
  const fs::path copy = program.parent_path() / "asyncbench.new";
  fs::copy_file(build / "asyncbench", copy, fs::copy_options::overwrite_existing);
  fs::rename(copy, program);
  return program;
}

}  // namespace asyncbench::cli
