#include "cli/tool.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <fstream>
#include <sstream>

#include "cli/command.hpp"
#include "core/fd.hpp"
#include "run/interrupt.hpp"

namespace asyncbench::cli {
namespace {

namespace fs = std::filesystem;

// Between SIGTERM and SIGKILL.
constexpr Duration kEndingTime = std::chrono::seconds(2);

pid_t start(std::vector<std::string>& arguments, const fs::path& output) {
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
  ::posix_spawnattr_setpgroup(&attributes, 0);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  pid_t pid = -1;
  const int error = ::posix_spawnp(&pid, argv[0], &actions, &attributes, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
  if (error != 0) {
    throw usage_error(fmt::format("{}: {}", arguments[0], std::strerror(error)),
                      "building revisions needs git, cmake and ninja: see scripts/setup");
  }
  return pid;
}

// Waits until the process has ended, the interrupt came or the limit has passed. Whether the first.
bool ends_by(int process, int interrupt, Time deadline) {
  while (true) {
    std::array<pollfd, 2> polled = {{{.fd = process, .events = POLLIN, .revents = 0},
                                     {.fd = interrupt, .events = POLLIN, .revents = 0}}};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - now()).count();
    const int timeout = static_cast<int>(std::clamp<std::int64_t>(left, 0, INT_MAX));
    const int ready = ::poll(polled.data(), polled.size(), timeout);
    if (polled[0].revents != 0) return true;
    if (polled[1].revents != 0 || (ready == 0 && now() >= deadline)) return false;
  }
}

}  // namespace

bool succeeds(std::vector<std::string> arguments, const fs::path& output, Duration limit) {
  const run::InterruptWatch interrupt;
  const pid_t pid = start(arguments, output);
  // glibc 2.36 declares pidfd_open without extern "C", so C++ cannot link it.
  const Fd process{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
  const bool ended = ends_by(process.get(), interrupt.fd(), now() + limit);
  if (!ended) {
    ::kill(-pid, SIGTERM);
    ends_by(process.get(), -1, now() + kEndingTime);
    // Also what it has started itself.
    ::kill(-pid, SIGKILL);
  }
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (const int signal = interrupt.taken(); signal != 0) {
    throw CommandError(static_cast<ExitCode>(128 + signal),
                       fmt::format("interrupted while {} ran", arguments[0]), "");
  }
  return ended && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

std::string text_of_file(const fs::path& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string first_line_of(const fs::path& path) {
  const std::string text = text_of_file(path);
  return text.substr(0, text.find('\n'));
}

}  // namespace asyncbench::cli
