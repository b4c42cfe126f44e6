#include "strategies/uring/slots.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <set>

namespace asyncbench::uring {
namespace {

// The soft limit of descriptors, for as long as it lives.
class DescriptorLimit {
 public:
  explicit DescriptorLimit(rlim_t soft) {
    getrlimit(RLIMIT_NOFILE, &before_);
    rlimit changed = before_;
    changed.rlim_cur = soft;
    setrlimit(RLIMIT_NOFILE, &changed);
  }
  ~DescriptorLimit() { setrlimit(RLIMIT_NOFILE, &before_); }
  DescriptorLimit(const DescriptorLimit&) = delete;
  DescriptorLimit& operator=(const DescriptorLimit&) = delete;

 private:
  rlimit before_{};
};

// Whose connections open so many streams or files each.
class Opening final : public Acceptor {
 public:
  explicit Opening(unsigned opened) : opened_(opened) {}
  int socket(unsigned) override { return -1; }
  std::unique_ptr<Task> accepted(unsigned) override { return nullptr; }
  unsigned opened_by_each() const override { return opened_; }

 private:
  unsigned opened_;
};

TEST(SlotPlan, NeverExceedsTheDescriptorsThatTheProcessMayHave) {
  Opening server(0);
  Opening gateway(100);
  for (const rlim_t limit : {rlim_t{64}, rlim_t{1024}}) {
    const DescriptorLimit lowered(limit);
    for (const std::size_t tasks : {0U, 1U, 63U, 5000U}) {
      for (Acceptor* const accepting :
           {static_cast<Acceptor*>(nullptr), static_cast<Acceptor*>(&server),
            static_cast<Acceptor*>(&gateway)}) {
        Job job;
        job.tasks.resize(tasks);
        job.acceptor = accepting;
        const SlotPlan plan = SlotPlan::of(job, 0);
        EXPECT_LE(plan.total(), limit);
        EXPECT_EQ(plan.accepted > 0, accepting != nullptr);
        EXPECT_TRUE(plan.own > 0 || (tasks == 0 && accepting == &server));
      }
    }
  }
}

TEST(SlotPlan, LeavesAllToConnectionsThatOpenNothing) {
  const DescriptorLimit lowered(1000);
  Opening server(0);
  Job job;
  job.acceptor = &server;
  EXPECT_EQ(SlotPlan::of(job, 0).accepted, 1000U);
  job.tasks.resize(10);
  EXPECT_EQ(SlotPlan::of(job, 0).accepted, 990U);
}

TEST(SlotPlan, LeavesEachConnectionOfAGatewayWhatItOpens) {
  const DescriptorLimit lowered(1000);
  for (const unsigned opened : {1U, 3U, 100U}) {
    Opening gateway(opened);
    Job job;
    job.acceptor = &gateway;
    const SlotPlan plan = SlotPlan::of(job, 0);
    EXPECT_EQ(plan.accepted, 1000 / (1 + opened));
    EXPECT_GE(plan.own, plan.accepted * opened);
  }
}

TEST(SlotPool, HandsOutEachSlotOnce) {
  SlotPool pool({.own = 100});
  std::set<int> taken;
  for (int i = 0; i < 100; ++i) taken.insert(pool.take().value());
  EXPECT_EQ(taken.size(), 100U);
  EXPECT_EQ(*taken.begin(), 0);
  EXPECT_EQ(*taken.rbegin(), 99);
  EXPECT_EQ(pool.take(), std::nullopt);
  pool.give_back(7);
  EXPECT_EQ(pool.take(), 7);
}

TEST(SlotPool, LetsSlotsRestWhileOthersAreFree) {
  SlotPool pool({.own = 100});
  const int first = pool.take().value();
  pool.give_back(first);
  EXPECT_NE(pool.take(), first);
}

TEST(SlotPool, CountsWhatTheKernelHandsOut) {
  SlotPool pool({.own = 1, .accepted = 2});
  EXPECT_EQ(pool.take(), 0);
  pool.accepted();
  pool.accepted();
  EXPECT_EQ(pool.free_for_accepted(), 0U);
  pool.give_back(1);
  EXPECT_EQ(pool.free_for_accepted(), 1U);
  EXPECT_EQ(pool.take(), std::nullopt);
}

}  // namespace
}  // namespace asyncbench::uring
