#include "workloads/page_cache.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <vector>

#include "workloads/file_space.hpp"
#include "workloads/prepared_file.hpp"

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
  // What is written to a file in memory is in the page cache for good.
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

}  // namespace
}  // namespace asyncbench::workloads
