#include "programs/contenders.hpp"

#include <algorithm>
#include <filesystem>
#include <vector>

#include "programs/program.hpp"

namespace asyncbench::programs {
namespace {

namespace fs = std::filesystem;

// Beside the program in a build tree, below share/ where it was installed.
fs::path folder() {
  std::error_code error;
  const fs::path home = fs::read_symlink("/proc/self/exe", error).parent_path();
  for (const fs::path& place :
       {home / kContenders, home / ".." / "share" / "asyncbench" / kContenders}) {
    const fs::path found = fs::canonical(place, error);
    if (!error) return found;
  }
  return {};
}

}  // namespace

void add_contenders(Registry& registry) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator entry(folder(), error); !error && entry != fs::directory_iterator{};
       entry.increment(error)) {
    const fs::path file = entry->path() / kUsualFile;
    if (fs::exists(file, error)) files.push_back(file);
  }
  std::ranges::sort(files);
  for (const fs::path& file : files) {
    registry.add(std::make_unique<Program>(read_program(file)));
  }
}

bool is_contender(const Strategy& strategy) {
  const Program* const program = as_program(&strategy);
  return program != nullptr && program->file().folder.parent_path().filename() == kContenders;
}

}  // namespace asyncbench::programs
