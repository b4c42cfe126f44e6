#include "cli/surroundings.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace asyncbench::cli {
namespace {

// git's variables whose values are no places of a repository (git(1), "Environment Variables").
constexpr std::array<std::string_view, 4> kHarmlessOfGit = {
    "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_EXEC_PATH"};

// Where gcc writes dependencies (gcc(1), "Environment Variables Affecting GCC"), what a make above
// us tells its children, where cmake installs, and where perf keeps what it has read.
constexpr std::array<std::string_view, 9> kOthers = {
    "DEPENDENCIES_OUTPUT",  "SUNPRO_DEPENDENCIES", "MAKEFLAGS", "MFLAGS", "GNUMAKEFLAGS", "DESTDIR",
    "CMAKE_INSTALL_PREFIX", "PERF_BUILDID_DIR",    "CDPATH"};

void open_standard_descriptors() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    // The lowest free descriptor is the one that is missing.
    if (::fcntl(fd, F_GETFD) < 0) [[maybe_unused]]
      const int opened = ::open("/dev/null", O_RDWR);
  }
}

void forget_redirections() {
  std::vector<std::string> names;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    std::string name(text.substr(0, text.find('=')));
    if (redirects_children(name.c_str())) names.push_back(std::move(name));
  }
  for (const std::string& name : names) ::unsetenv(name.c_str());
}

}  // namespace

bool redirects_children(const char* name) {
  const std::string_view text = name;
  if (text.starts_with("GIT_"))
    return std::ranges::find(kHarmlessOfGit, text) == kHarmlessOfGit.end();
  return std::ranges::find(kOthers, text) != kOthers.end();
}

void settle_in() {
  open_standard_descriptors();
  forget_redirections();
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);
}

}  // namespace asyncbench::cli
