// What a folder and a machine can give to the file workloads, and the file that they get.
#include "workloads/file_space.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <vector>

#include "workloads/file_content.hpp"
#include "workloads/prepared_file.hpp"

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

TEST(PreparedFile, HoldsWhatEveryBlockIsToHold) {
  for (const std::uint64_t block_bytes : {512, 4096, 3 << 20}) {
    FileParameters parameters = small();
    parameters.block_bytes = block_bytes;
    parameters.file_bytes = 3 * block_bytes;
    const Fd file = prepare_file(parameters, ".");
    std::vector<std::byte> block(block_bytes);
    for (std::uint64_t offset = 0; offset < parameters.file_bytes; offset += block_bytes) {
      ASSERT_EQ(::pread(file.get(), block.data(), block.size(), static_cast<off_t>(offset)),
                static_cast<ssize_t>(block.size()));
      EXPECT_TRUE(block_matches(block, offset, kPreparedWrite)) << offset;
    }
  }
}

TEST(PreparedFile, IsInNoFolder) {
  char folder[] = "./prepared-XXXXXX";
  ASSERT_NE(::mkdtemp(folder), nullptr);
  {
    const Fd file = prepare_file(small(), folder);
    struct stat status {};
    ASSERT_EQ(::fstat(file.get(), &status), 0);
    EXPECT_EQ(status.st_nlink, 0u) << "freed by the kernel with its last descriptor";
    EXPECT_TRUE(std::filesystem::is_empty(folder));
  }
  EXPECT_EQ(::rmdir(folder), 0);
}

}  // namespace
}  // namespace asyncbench::workloads
