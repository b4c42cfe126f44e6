#include "cli/revisions.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/file.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>

#include "cli/command.hpp"
#include "cli/output.hpp"
#include "cli/tool.hpp"
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

// What git answers to a question of one line. Throws CommandError with `unknown`, which says what
// is not known then, and git's own words: it knows the cause, and often the remedy.
std::string ask_git(const fs::path& folder, std::vector<std::string> question,
                    const std::string& unknown, const std::string& remedy) {
  const PrivateFolder scratch(temporary_folder());
  const fs::path answer = fs::path(scratch.path()) / "answer";
  question.insert(question.begin(), {"git", "-C", folder});
  if (!succeeds(question, answer)) {
    throw usage_error(fmt::format("{}; git says: {}", unknown, words_of(answer)), remedy);
  }
  return first_line_of(answer);
}

// The checkout of a revision overwrites whatever is there, so it happens only in the worktree that
// a gate has made: not in a link to the user's, nor in a folder from which git would go up to it.
void check_own_worktree(const fs::path& source) {
  const PrivateFolder scratch(temporary_folder());
  const fs::path answer = fs::path(scratch.path()) / "answer";
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

}  // namespace

Revision find_revision(const fs::path& folder, const std::string& name,
                       const std::string& without) {
  const fs::path top = ask_git(folder, {"rev-parse", "--show-toplevel"},
                               fmt::format("git does not name the repository of {}",
                                           folder == "." ? "the current folder" : folder.string()),
                               without);
  return {
      .name = name,
      .commit = ask_git(folder, {"rev-parse", "--verify", "--end-of-options", name + "^{commit}"},
                        fmt::format("revision {} is unknown here", name),
                        "fetch it first: CI often clones without history (fetch-depth: 0)"),
      .top = top};
}

void note_uncommitted(const fs::path& folder, const std::string& name) {
  const PrivateFolder scratch(temporary_folder());
  const fs::path answer = fs::path(scratch.path()) / "answer";
  if (name != "HEAD" ||
      !succeeds({"git", "-C", folder, "status", "--porcelain", "--untracked-files=no"}, answer) ||
      first_line_of(answer).empty()) {
    return;
  }
  print_error("what is not committed is not measured: the candidate is HEAD\n");
}

WorkLock::WorkLock(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  const fs::path path = folder / "lock";
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

Must must_succeed(const fs::path& log, const std::string& revision) {
  return [log, revision](std::vector<std::string> arguments, std::string_view what) {
    if (succeeds(std::move(arguments), log)) return;
    throw usage_error(fmt::format("{} {} failed: {}", what, revision, last_words(log)),
                      fmt::format("see {}", log.string()));
  };
}

void check_out_at(const fs::path& source, const Revision& revision, const Must& must) {
  const fs::path unfinished = unfinished_mark(source);
  if (fs::exists(unfinished)) fs::remove_all(source);
  if (fs::exists(fs::symlink_status(source))) check_own_worktree(source);
  std::ofstream(unfinished).close();
  if (!fs::exists(source)) {
    // Force: git may know this place from a folder that was removed since; twice: or that was being
    // made.
    must(git_in(revision.top,
                {"worktree", "add", "--force", "--force", "--detach", source, revision.commit}),
         "checking out");
  }
  must(git_in(source, {"checkout", "--detach", "--force", revision.commit}), "checking out");
  fs::remove(unfinished);
}

}  // namespace asyncbench::cli
