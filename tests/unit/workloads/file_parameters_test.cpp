// What a folder and a machine can give to the file workloads.
#include "workloads/file_parameters.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <functional>
#include <vector>

namespace asyncbench::workloads {
namespace {

using testing::HasSubstr;

FileParameters small() { return {.file_bytes = 64 * 4096, .block_bytes = 4096, .in_flight = 4}; }

struct Refusal {
  std::function<void(FileParameters&)> change;
  std::string folder;
  std::string says;
};

TEST(FileSpace, IsRefusedWithItsCauseAndTheRemedy) {
  constexpr std::uint64_t kTooMuch = std::uint64_t{1} << 50;
  const std::vector<Refusal> refusals = {
      {[](auto& p) { p.block_bytes = 1000; }, ".", "multiple of 512"},
      {[](auto& p) { p.file_bytes += 512; }, ".", "multiple of block_bytes"},
      {[](auto& p) { p.in_flight = 65; }, ".", "raise --file-bytes"},
      {[](auto& p) { p.is_direct = p.is_cold = true; }, ".", "leave one of them out"},
      {[](auto& p) { p.file_bytes = kTooMuch; }, ".", "page cache"},
      {[](auto& p) { p.is_cold = true, p.file_bytes = kTooMuch; }, ".", "are free in ."},
      {[](auto&) {}, "/nonexistent", "no file can be made in /nonexistent: No such file"},
      {[](auto&) {}, "/proc", "name another folder with --folder"},
  };
  for (const Refusal& refusal : refusals) {
    FileParameters parameters = small();
    refusal.change(parameters);
    const std::string objection = file_objection(parameters, refusal.folder);
    EXPECT_THAT(objection, HasSubstr(refusal.says));
    EXPECT_EQ(objection.find('\n'), std::string::npos);
  }
  EXPECT_EQ(file_objection(small(), "."), "");
}

TEST(FileSpace, InMemoryIsNeitherDirectNorCold) {
  if (!std::filesystem::is_directory("/dev/shm")) GTEST_SKIP() << "no /dev/shm";
  FileParameters parameters = small();
  EXPECT_EQ(file_objection(parameters, "/dev/shm"), "");
  parameters.is_direct = true;
  EXPECT_THAT(file_objection(parameters, "/dev/shm"), HasSubstr("kept in memory"));
  parameters.is_direct = false;
  parameters.is_cold = true;
  EXPECT_THAT(file_objection(parameters, "/dev/shm"), HasSubstr("kept in memory"));
}

}  // namespace
}  // namespace asyncbench::workloads
