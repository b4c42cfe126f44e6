#include "cli/gate_builds.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <vector>

#include "cli/command.hpp"
#include "cli/output.hpp"
#include "cli/tool.hpp"
#include "core/fd.hpp"
#include "core/private_folder.hpp"
#include "core/temporary_folder.hpp"
#include "report/format.hpp"

namespace asyncbench::cli {
namespace {

namespace fs = std::filesystem;

// The first line of a build's output that a tool begins an error with, otherwise its last. A
// command line may hold the word, too: -Werror.
std::string last_words(const fs::path& path) {
  constexpr std::array<std::string_view, 3> kErrors = {"error: ", "CMake Error", "fatal: "};
  std::istringstream lines(text_of_file(path));
  std::string last;
  for (std::string line; std::getline(lines, line);) {
    const auto is_in = [&](std::string_view words) { return line.find(words) != line.npos; };
    if (std::ranges::any_of(kErrors, is_in)) return line;
    if (!line.empty()) last = line;
  }
  return last;
}

// All that a program printed, on one line.
std::string words_of(const fs::path& path) {
  std::istringstream text(text_of_file(path));
  return fmt::format("{}", fmt::join(std::istream_iterator<std::string>(text),
                                     std::istream_iterator<std::string>(), " "));
}

// What git answers to a question of one line. Throws CommandError with `without`, which says what
// is not known then, and git's own words: it knows the cause, and often the remedy.
std::string ask_git(std::vector<std::string> question, const fs::path& output,
                    const std::string& without, const std::string& remedy) {
  question.insert(question.begin(), "git");
  if (!succeeds(question, output)) {
    throw usage_error(fmt::format("{}; git says: {}", without, words_of(output)), remedy);
  }
  return first_line_of(output);
}

// One gate at a time builds in a folder.
class BuildLock {
 public:
  explicit BuildLock(const fs::path& folder) {
    std::error_code error;
    fs::create_directories(folder, error);
    const fs::path path = folder / "lock";
    // Children inherit the lock: what a killed gate has started may still be at work here.
    fd_ = Fd(::open(path.c_str(), O_RDWR | O_CREAT, 0666));
    if (error || !fd_) {
      throw CommandError(
          ExitCode::not_stored,
          fmt::format("{}: {}", path.string(), error ? error.message() : std::strerror(errno)),
          "builds are kept there: make it a folder that can be written");
    }
    if (::flock(fd_.get(), LOCK_EX | LOCK_NB) == 0) return;
    print_error("another gate, or what a killed one started, builds in {}; waiting for it\n",
                report::printable(folder.string()));
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
    return known ? fs::path(first_line_of(answer)) : fs::path();
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

// The user's hooks are for the user's own checkouts, and nothing may stay in the background: it
// would hold the lock.
std::vector<std::string> git_in(const fs::path& folder, std::vector<std::string> arguments) {
  std::vector<std::string> git = {
      "git", "-c",  "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "gc.auto=0",
      "-C",  folder};
  std::ranges::move(arguments, std::back_inserter(git));
  return git;
}

// It is there while git works in the worktree. A killed gate leaves it, and beside it half a
// worktree or git's lock on one.
fs::path unfinished_mark(const fs::path& source) { return source.parent_path() / "unfinished"; }

// The commit in the gate's worktree, which is made where it is missing. `must` runs a program that
// has to succeed.
void check_out_commit(const fs::path& top, const fs::path& source, const std::string& commit,
                      const auto& must) {
  const fs::path unfinished = unfinished_mark(source);
  std::ofstream(unfinished).close();
  if (!fs::exists(source)) {
    // Force: git may know this place from a folder that was removed since; twice: or that was being
    // made.
    must(git_in(top, {"worktree", "add", "--force", "--force", "--detach", source, commit}),
         "checking out");
  }
  must(git_in(source, {"checkout", "--detach", "--force", commit}), "checking out");
  fs::remove(unfinished);
}

}  // namespace

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
  const PrivateFolder scratch(temporary_folder());
  const fs::path answer = fs::path(scratch.path()) / "answer";
  const fs::path top = ask_git({"rev-parse", "--show-toplevel"}, answer,
                               "git does not name the repository of the current folder",
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
  if (fs::exists(unfinished_mark(source))) fs::remove_all(source);
  if (fs::exists(fs::symlink_status(source))) check_own_worktree(source, answer);
  print_error("building {} ({}), log in {}\n", report::printable(revision), commit.substr(0, 12),
              report::printable(log.string()));
  const auto must = [&](std::vector<std::string> arguments, std::string_view what) {
    if (succeeds(std::move(arguments), log)) return;
    throw usage_error(fmt::format("{} {} failed: {}", what, revision, last_words(log)),
                      fmt::format("see {}", log.string()));
  };
  check_out_commit(top, source, commit, must);
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

analyze::Ingredients ingredients_of_program(const std::string& program) {
  constexpr Duration kLimit = std::chrono::seconds(10);
  const PrivateFolder scratch(temporary_folder());
  const fs::path answer = fs::path(scratch.path()) / "answer";
  if (!succeeds({program, "--version"}, answer, kLimit)) return {};
  return analyze::ingredients_of(std::string_view(text_of_file(answer)));
}

}  // namespace asyncbench::cli
