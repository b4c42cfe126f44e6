// The stacks of fibers: used again, apart from one another, and guarded.
#include "strategies/fiber/stack_pool.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <iterator>
#include <set>
#include <vector>

namespace asyncbench::fiber {
namespace {

using Stack = boost::context::stack_context;

char* bottom_of(const Stack& stack) { return static_cast<char*>(stack.sp) - stack.size; }

TEST(StackPool, GivesTheStackUsedLastFirst) {
  StackPool pool;
  const Stack first = pool.take();
  const Stack second = pool.take();
  pool.give_back(second);
  pool.give_back(first);
  EXPECT_EQ(pool.take().sp, first.sp);
  EXPECT_EQ(pool.take().sp, second.sp);
  pool.give_back(first);
  pool.give_back(second);
}

TEST(StackPool, GivesStacksThatDoNotOverlap) {
  StackPool pool;
  std::vector<Stack> taken(100);
  std::set<char*> bottoms;
  for (Stack& stack : taken) {
    stack = pool.take();
    bottoms.insert(bottom_of(stack));
    EXPECT_GE(stack.size, kStackBytes - 4096);
    *bottom_of(stack) = 1;
    *(static_cast<char*>(stack.sp) - 1) = 1;
  }
  ASSERT_EQ(bottoms.size(), taken.size());
  for (auto next = std::next(bottoms.begin()); next != bottoms.end(); ++next) {
    EXPECT_GT(*next - *std::prev(next), static_cast<std::ptrdiff_t>(kStackBytes));
  }
  EXPECT_GE(pool.size(), taken.size());
  for (const Stack& stack : taken) pool.give_back(stack);
}

// Of many connections, all are suspended in the same frames.
TEST(StackPool, SpreadsEqualFramesOverTheCache) {
  StackPool pool;
  std::vector<Stack> taken(64);
  std::set<std::uintptr_t> lines;  // of a page
  for (Stack& stack : taken) {
    stack = pool.take();
    lines.insert(reinterpret_cast<std::uintptr_t>(stack.sp) % 4096 / 64);
  }
  EXPECT_EQ(lines.size(), 8U);
  for (const Stack& stack : taken) pool.give_back(stack);
}

TEST(StackPoolDeathTest, AStackThatOverflowsEndsTheProgram) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        StackPool pool;
        volatile char* const bottom = bottom_of(pool.take());
        bottom[-1] = 1;
      },
      "");
}

}  // namespace
}  // namespace asyncbench::fiber
