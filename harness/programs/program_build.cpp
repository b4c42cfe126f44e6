#include "programs/program_build.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <vector>

#include "core/fd.hpp"
#include "workloads/values.hpp"

namespace asyncbench::programs {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kQuotedBytes = 1'000;

std::string hex_of(const std::string& text) {
  return fmt::format("{:016x}", std::hash<std::string>{}(text));
}

// Hidden folders (.git) and what Python compiles change without a change of the program.
bool is_source(const fs::path& path) {
  const std::string name = path.filename();
  return !name.starts_with('.') && name != "__pycache__";
}

// The build's command, and the name, size and time of last change of all files that it may read.
std::string state_of(const ProgramFile& file) {
  std::vector<std::string> sources;
  std::error_code error;
  using Walk = fs::recursive_directory_iterator;
  for (Walk entry(file.folder, fs::directory_options::skip_permission_denied, error);
       !error && entry != Walk{}; entry.increment(error)) {
    std::error_code gone;
    if (!is_source(entry->path())) {
      entry.disable_recursion_pending();
    } else if (entry->is_regular_file(gone)) {
      sources.push_back(fmt::format("{} {} {}", entry->path().string(), entry->file_size(gone),
                                    entry->last_write_time(gone).time_since_epoch().count()));
    }
  }
  std::ranges::sort(sources);
  std::string text = file.build;
  for (const std::string& source : sources) text += '\n' + source;
  return hex_of(text);
}

}  // namespace

fs::path cache_folder() {
  const char* const cache = std::getenv("XDG_CACHE_HOME");
  const char* const home = std::getenv("HOME");
  const fs::path root = cache != nullptr && *cache != '\0' ? fs::path(cache)
                        : home != nullptr && *home != '\0' ? fs::path(home) / ".cache"
                                                           : fs::path("/tmp");
  return root / "asyncbench";
}

fs::path build_folder(const ProgramFile& file) {
  std::string name = file.name;
  std::ranges::replace(name, ':', '-');
  const std::string place = file.folder.string() + '\n' + file.name + '\n' + file.build;
  return cache_folder() / "programs" / fmt::format("{}-{}", name, hex_of(place));
}

std::map<std::string, std::string> values_of(const ProgramFile& file) {
  return {{"folder", file.folder.string()}, {"build", build_folder(file).string()}};
}

std::string quoted(std::string text) {
  if (text.size() > kQuotedBytes) text = "... " + text.substr(text.size() - kQuotedBytes);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.pop_back();
  std::ranges::replace(text, '\n', ' ');
  return text;
}

ShellResult run_shell(const ProgramFile& file, const std::string& command) {
  const std::string whole = fmt::format("cd '{}' && {{ {}\n}} 2>&1 </dev/null",
                                        file.folder.string(), filled_in(command, values_of(file)));
  std::FILE* const pipe = ::popen(whole.c_str(), "re");
  if (pipe == nullptr) return {.exit_code = -1, .output = std::strerror(errno)};
  ShellResult result;
  std::array<char, 4096> buffer{};
  while (const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), pipe)) {
    result.output.append(buffer.data(), got);
  }
  const int status = ::pclose(pipe);
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return result;
}

void build(const ProgramFile& file) {
  if (file.build.empty()) return;
  const fs::path folder = build_folder(file);
  std::error_code error;
  fs::create_directories(folder, error);
  const fs::path mark = folder / ".built";
  const Fd lock(::open(mark.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  if (error || !lock) {
    throw workloads::UsageError(fmt::format(
        "{}: its build has no folder: {}: {}; set XDG_CACHE_HOME to one that can be written",
        file.name, folder.string(), error ? error.message() : std::strerror(errno)));
  }
  // One process at a time builds.
  while (::flock(lock.get(), LOCK_EX) != 0 && errno == EINTR) {
  }
  const auto built = [&] {
    std::ifstream in(mark);
    return std::string((std::istreambuf_iterator<char>(in)), {});
  };
  if (built() == state_of(file)) return;
  const ShellResult result = run_shell(file, file.build);
  if (result.exit_code != 0) {
    throw workloads::UsageError(fmt::format("{}: its build ends with exit code {}: {}", file.name,
                                            result.exit_code, quoted(result.output)));
  }
  // What a build leaves beside its sources is part of the state that needs no other.
  std::ofstream(mark) << state_of(file);
}

}  // namespace asyncbench::programs
