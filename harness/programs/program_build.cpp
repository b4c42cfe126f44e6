#include "programs/program_build.hpp"

#include <fmt/format.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <vector>

#include "workloads/values.hpp"

namespace asyncbench::programs {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kQuotedBytes = 1'000;

}  // namespace

fs::path build_folder(const ProgramFile& file) {
  const char* const cache = std::getenv("XDG_CACHE_HOME");
  const char* const home = std::getenv("HOME");
  const fs::path root = cache != nullptr && *cache != '\0' ? fs::path(cache)
                        : home != nullptr && *home != '\0' ? fs::path(home) / ".cache"
                                                           : fs::path("/tmp");
  std::vector<fs::path> sources;
  std::error_code error;
  for (fs::directory_iterator entry(file.folder, error);
       !error && entry != fs::directory_iterator{}; entry.increment(error)) {
    if (entry->is_regular_file(error)) sources.push_back(entry->path());
  }
  std::ranges::sort(sources);
  std::string text = file.build;
  for (const fs::path& source : sources) {
    std::ifstream in(source, std::ios::binary);
    text.append(std::istreambuf_iterator<char>(in), {});
  }
  std::string name = file.name;
  std::ranges::replace(name, ':', '-');
  return root / "asyncbench" / "programs" /
         fmt::format("{}-{:016x}", name, std::hash<std::string>{}(text));
}

std::map<std::string, std::string> values_of(const ProgramFile& file) {
  return {{"folder", file.folder.string()}, {"build", build_folder(file).string()}};
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
  const fs::path built = folder / ".built";
  std::error_code error;
  if (fs::exists(built, error)) return;
  fs::create_directories(folder, error);
  if (error) {
    throw workloads::UsageError(fmt::format(
        "{}: its build has no folder: {}: {}; set XDG_CACHE_HOME to one that can be written",
        file.name, folder.string(), error.message()));
  }
  const ShellResult result = run_shell(file, file.build);
  if (result.exit_code != 0) {
    throw workloads::UsageError(fmt::format("{}: its build ends with exit code {}: {}", file.name,
                                            result.exit_code, quoted(result.output)));
  }
  std::ofstream(built) << "";
}

std::string quoted(std::string text) {
  if (text.size() > kQuotedBytes) text = "... " + text.substr(text.size() - kQuotedBytes);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.pop_back();
  std::ranges::replace(text, '\n', ' ');
  return text;
}

}  // namespace asyncbench::programs
