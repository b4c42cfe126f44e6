// How tasks whose operations end at once share their loop.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "strategies/epoll/epoll.hpp"
#include "tests/short_requests.hpp"

namespace asyncbench {
namespace {

using test::kRequests;
using test::ShortRequests;

TEST(EpollTurns, TasksGiveWayToOthersBetweenRequests) {
  std::vector<int> begun;
  LaneReport lane;
  Job job{.lanes = {&lane, 1}};
  for (int task = 0; task < 4; ++task) {
    job.tasks.push_back(std::make_unique<ShortRequests>(begun, task));
  }
  make_epoll()->run(job);
  // The first one runs alone until the others have begun, and the last one in the end.
  const auto last = begun.begin() + 3 * kRequests;
  EXPECT_EQ(std::adjacent_find(begun.begin() + 64, last), last);
  EXPECT_LT(lane.wakeups, 4 * kRequests / 16) << "the kernel is not asked after each round";
}

}  // namespace
}  // namespace asyncbench
