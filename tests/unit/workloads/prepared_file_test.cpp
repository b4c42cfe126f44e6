#include "workloads/prepared_file.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "workloads/file_content.hpp"
#include "workloads/file_parameters.hpp"

namespace asyncbench::workloads {
namespace {

constexpr std::uint64_t kPage = 4096;
constexpr std::uint64_t kFileBytes = 1024 * kPage;

// Which pages of the file are in the page cache (mincore(2)).
std::vector<bool> cached(int fd) {
  void* const mapped = ::mmap(nullptr, kFileBytes, PROT_READ, MAP_SHARED, fd, 0);
  std::vector<unsigned char> pages(kFileBytes / kPage);
  EXPECT_EQ(::mincore(mapped, kFileBytes, pages.data()), 0);
  ::munmap(mapped, kFileBytes);
  std::vector<bool> all;
  for (const unsigned char page : pages) all.push_back((page & 1U) != 0);
  return all;
}

std::ptrdiff_t count(const std::vector<bool>& pages) { return std::ranges::count(pages, true); }

class PageCache : public testing::Test {
 protected:
  // A file in memory (tmpfs) always stays in the page cache.
  void SetUp() override {
    FileParameters cold = parameters_;
    cold.is_cold = true;
    if (const std::string objection = file_objection(cold, "."); !objection.empty()) {
      GTEST_SKIP() << objection;
    }
    file_ = prepare_file(parameters_, ".");
    ASSERT_EQ(count(cached(file_.get())), 1024) << "hot";
  }

  // Polls for up to five seconds.
  template <class Condition>
  bool soon(Condition condition) {
    const Time until = now() + std::chrono::seconds(5);
    while (!condition()) {
      if (now() >= until) return false;
      std::this_thread::yield();
    }
    return true;
  }

  FileParameters parameters_{.file_bytes = kFileBytes, .block_bytes = kPage, .in_flight = 1};
  Fd file_;
};

TEST_F(PageCache, IsEmptyOfAFileThatIsPreparedColdOrDirect) {
  for (const bool is_direct : {false, true}) {
    FileParameters parameters = parameters_;
    parameters.is_direct = is_direct;
    parameters.is_cold = !is_direct;
    EXPECT_EQ(count(cached(prepare_file(parameters, ".").get())), 0);
  }
}

TEST_F(PageCache, LosesWhatIsReadAtRandom) {
  const CacheEvictor evictor(file_.get(), kFileBytes, {});
  EXPECT_TRUE(soon([&] { return count(cached(file_.get())) == 0; }));
}

TEST_F(PageCache, KeepsWhatLiesAheadOfReadersInSequence) {
  const CacheEvictor evictor(file_.get(), kFileBytes, [] { return 512 * kPage; });
  // The kernel may keep some pages in large pieces, which are dropped whole or not at all.
  std::vector<bool> pages;
  EXPECT_TRUE(soon([&] {
    pages = cached(file_.get());
    return !pages.front() && !pages.back();
  }));
  for (std::size_t page = 512; page < 768; ++page) EXPECT_TRUE(pages[page]) << page;
}

FileParameters small_file() {
  return {.file_bytes = 64 * 4096, .block_bytes = 4096, .in_flight = 4};
}

TEST(PreparedFile, HoldsTheRightContentInEveryBlock) {
  for (const std::uint64_t block_bytes : {512U, 4096U, 3U << 20}) {
    FileParameters parameters = small_file();
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
    const Fd file = prepare_file(small_file(), folder);
    struct stat status {};
    ASSERT_EQ(::fstat(file.get(), &status), 0);
    EXPECT_EQ(status.st_nlink, 0u) << "freed by the kernel with its last descriptor";
    EXPECT_TRUE(std::filesystem::is_empty(folder));
  }
  EXPECT_EQ(::rmdir(folder), 0);
}

}  // namespace
}  // namespace asyncbench::workloads
