// How tasks whose operations end at once share their loop.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "strategies/epoll/epoll.hpp"

namespace asyncbench {
namespace {

constexpr int kRequests = 200;

// Begin, and a Close without a stream, which ends at once as a cached read does.
class ShortRequests final : public Task {
 public:
  ShortRequests(std::vector<int>& begun, int index) : begun_(begun), index_(index) {}
  Op start(unsigned) override { return op::Begin{}; }
  Op resume(const Completion&) override {
    if (++ended_ == 2 * kRequests) return op::Finish{};
    if (ended_ % 2 == 0) return op::Begin{};
    begun_.push_back(index_);
    return op::Close{};
  }

 private:
  std::vector<int>& begun_;
  int index_;
  int ended_ = 0;
};

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
