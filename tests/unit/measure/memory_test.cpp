#include "measure/memory.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <thread>

#include "tests/sanitized.hpp"

namespace asyncbench::measure {
namespace {

constexpr std::size_t kBlock = 64 * 1024;

// Memory directly from the kernel, so that no allocator or sanitizer is measured with it.
class Blocks {
 public:
  explicit Blocks(std::size_t count)
      : bytes_(count * kBlock),
        memory_(mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) {
    // Pages of 2 MiB would make the memory grow in larger steps.
    madvise(memory_, bytes_, MADV_NOHUGEPAGE);
  }
  ~Blocks() { munmap(memory_, bytes_); }

  void touch(std::size_t index) {
    std::fill_n(static_cast<char*>(memory_) + index * kBlock, kBlock, 'x');
  }

 private:
  std::size_t bytes_;
  void* memory_;
};

TEST(Memory, GrowsByWhatIsTouched) {
  if (test::kUnderThreadSanitizer) GTEST_SKIP() << "each byte has several of the sanitizer's own";
  constexpr std::size_t kCount = 256;
  Blocks blocks(kCount);
  std::string reason;
  private_memory_bytes(reason);  // the first call allocates memory that it keeps
  const Reading before = private_memory_bytes(reason);
  ASSERT_TRUE(before) << reason;
  const Reading untouched = private_memory_bytes(reason);
  for (std::size_t i = 0; i < kCount; ++i) blocks.touch(i);
  const Reading after = private_memory_bytes(reason);
  EXPECT_NEAR(static_cast<double>(*untouched - *before), 0, kBlock);
  EXPECT_NEAR(static_cast<double>(*after - *before), kCount * kBlock, 4 * kBlock);
}

TEST(MemoryRamp, FindsWhatOneOfManyCosts) {
  if (test::kUnderThreadSanitizer) GTEST_SKIP() << "each byte has several of the sanitizer's own";
  constexpr std::size_t kCount = 1000;
  Blocks blocks(kCount);
  MemoryRamp ramp(100, kCount, 9);
  for (std::size_t i = 0; i < kCount; ++i) {
    blocks.touch(i);
    ramp.reached(i + 1);
  }
  EXPECT_EQ(ramp.unreadable(), "");
  ASSERT_EQ(ramp.points().size(), 9u);
  EXPECT_EQ(ramp.points().front().x, 100);
  EXPECT_EQ(ramp.points().back().x, kCount);
  const auto line = fit_line(ramp.points());
  ASSERT_TRUE(line);
  EXPECT_NEAR(line->slope, kBlock, kBlock * 0.02);
  EXPECT_GT(line->explained, 0.999);
}

TEST(MemoryRamp, TakesAStepThatACountHasPassedOnce) {
  MemoryRamp ramp(10, 90, 9);
  ramp.reached(9);
  EXPECT_TRUE(ramp.points().empty());
  ramp.reached(45);  // passes 10, 20, 30 and 40 at once
  ramp.reached(49);
  ramp.reached(5);
  ramp.reached(45);
  EXPECT_EQ(ramp.points().size(), 1u);
  ramp.reached(90);
  ramp.reached(90);
  ramp.reached(1000);
  EXPECT_EQ(ramp.points().size(), 2u);
}

TEST(MemoryRamp, MayBeToldByManyThreads) {
  MemoryRamp ramp(0, 10'000, 5);
  std::atomic<std::uint64_t> count{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int j = 0; j < 2500; ++j) ramp.reached(++count);
      });
    }
  }
  EXPECT_EQ(ramp.points().size(), 5u);
  EXPECT_TRUE(std::ranges::is_sorted(ramp.points(), {}, &Point::x));
}

TEST(FitLine, IsExactOnALine) {
  const auto line = fit_line(std::vector<Point>{{1, 5}, {2, 7}, {4, 11}});
  ASSERT_TRUE(line);
  EXPECT_DOUBLE_EQ(line->slope, 2);
  EXPECT_DOUBLE_EQ(line->intercept, 3);
  EXPECT_DOUBLE_EQ(line->explained, 1);
}

// Anscombe's first set (The American Statistician 27, 1973): y = 3.00 + 0.500 x, R^2 = 0.67.
TEST(FitLine, AgreesWithAPublishedExample) {
  const auto line = fit_line(std::vector<Point>{{10, 8.04},
                                                {8, 6.95},
                                                {13, 7.58},
                                                {9, 8.81},
                                                {11, 8.33},
                                                {14, 9.96},
                                                {6, 7.24},
                                                {4, 4.26},
                                                {12, 10.84},
                                                {7, 4.82},
                                                {5, 5.68}});
  ASSERT_TRUE(line);
  EXPECT_NEAR(line->slope, 0.500, 0.0005);
  EXPECT_NEAR(line->intercept, 3.00, 0.005);
  EXPECT_NEAR(line->explained, 0.67, 0.005);
}

TEST(FitLine, RefusesWhatDeterminesNoLine) {
  EXPECT_FALSE(fit_line({}));
  EXPECT_FALSE(fit_line(std::vector<Point>{{1, 1}, {2, 2}}));
  EXPECT_FALSE(fit_line(std::vector<Point>{{1, 1}, {1, 2}, {1, 3}}));
}

}  // namespace
}  // namespace asyncbench::measure
