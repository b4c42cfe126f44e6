// The two programs that a gate compares: found, or built from revisions of this repository.
#pragma once

#include <filesystem>
#include <string>

namespace asyncbench::cli {

// A folder of its own, removed with all that is in it.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// The absolute path of a program that can be started. Throws CommandError (exit 2).
std::string program_at(const std::string& path, const std::string& option);

// The program of a revision (anything git understands), built with CMake in build-gate/ at the top
// of the repository that the current folder is in: one worktree and one build tree for all, so that
// sources which two revisions share are compiled once, under the same paths. A revision that has
// been built is not built again. Progress goes to stderr. Throws CommandError (exit 2): no
// repository, unknown revision, or one that does not build, with the last words of its build.
std::string build_revision(const std::string& revision);

}  // namespace asyncbench::cli
