#include "programs/program_build.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "tests/scratch_folder.hpp"
#include "workloads/values.hpp"

namespace asyncbench::programs {
namespace {

namespace fs = std::filesystem;

// A program of sources in two folders, whose build counts itself.
class ProgramBuild : public ::testing::Test {
 protected:
  void SetUp() override {
    ::setenv("XDG_CACHE_HOME", (folder_.path() / "cache").c_str(), 1);
    fs::create_directories(program_.folder / "src");
    folder_.file("program/src/main.c", "int main() {}\n");
    program_.name = "mine";
    program_.build = "echo built >>{build}/times";
  }
  void TearDown() override { ::unsetenv("XDG_CACHE_HOME"); }

  int times_built() const {
    const std::string times =
        folder_.read(fs::relative(build_folder(program_) / "times", folder_.path()).string());
    return static_cast<int>(std::ranges::count(times, '\n'));
  }

  const test::ScratchFolder folder_;
  ProgramFile program_{.folder = folder_.path() / "program"};
};

TEST_F(ProgramBuild, IsDoneOnceForEachStateOfTheSources) {
  build(program_);
  build(program_);
  EXPECT_EQ(times_built(), 1);
  folder_.file("program/src/main.c", "int main() { return 1; }\n");
  build(program_);
  EXPECT_EQ(times_built(), 2);
}

TEST_F(ProgramBuild, LeavesOutWhatIsNoSource) {
  build(program_);
  fs::create_directories(program_.folder / "__pycache__");
  fs::create_directories(program_.folder / ".git");
  folder_.file("program/__pycache__/a.pyc", "x");
  folder_.file("program/.git/index", "x");
  build(program_);
  EXPECT_EQ(times_built(), 1);
}

TEST_F(ProgramBuild, HasAFolderForEachProgramFile) {
  ProgramFile other = program_;
  other.folder = folder_.path() / "other";
  EXPECT_NE(build_folder(program_), build_folder(other));
}

TEST_F(ProgramBuild, ThatFailsIsTriedAgain) {
  program_.build = "echo no compiler; exit 3";
  for (int i = 0; i < 2; ++i) {
    try {
      build(program_);
      FAIL();
    } catch (const workloads::UsageError& error) {
      EXPECT_STREQ(error.what(), "mine: its build ends with exit code 3: no compiler");
    }
  }
}

}  // namespace
}  // namespace asyncbench::programs
