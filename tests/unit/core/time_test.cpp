#include "core/time.hpp"

#include <gtest/gtest.h>

namespace asyncbench {
namespace {

using namespace std::chrono_literals;

TEST(TimeLeft, IsNothingForEveryTimeThatHasPassed) {
  for (const Time past : {now(), now() - 1ns, Time{}, Time::min(), Time::min() + 1ns}) {
    EXPECT_EQ(time_left(past), Duration::zero());
  }
}

TEST(TimeLeft, IsWhatIsMissingToATimeAhead) {
  const Duration left = time_left(now() + 1h);
  EXPECT_LE(left, 1h);
  EXPECT_GT(left, 59min);
  EXPECT_GT(time_left(kNever), Duration::zero());
}

}  // namespace
}  // namespace asyncbench
