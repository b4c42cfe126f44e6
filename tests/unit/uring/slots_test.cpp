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

class NoAcceptor final : public Acceptor {
 public:
  int socket(unsigned) override { return -1; }
  std::unique_ptr<Task> accepted(unsigned) override { return nullptr; }
};

TEST(SlotPlan, NeverExceedsTheDescriptorsThatTheProcessMayHave) {
  NoAcceptor acceptor;
  for (const rlim_t limit : {rlim_t{64}, rlim_t{1024}}) {
    const DescriptorLimit lowered(limit);
    for (const std::size_t tasks : {0U, 1U, 63U, 5000U}) {
      for (Acceptor* const accepting :
           {static_cast<Acceptor*>(nullptr), static_cast<Acceptor*>(&acceptor)}) {
        Job job;
        job.tasks.resize(tasks);
        job.acceptor = accepting;
        const SlotPlan plan = SlotPlan::of(job, 0);
        EXPECT_LE(plan.total(), limit);
        EXPECT_GT(plan.own, 0U);
        EXPECT_EQ(plan.accepted > 0, accepting != nullptr);
      }
    }
  }
}

TEST(SlotPlan, LeavesConnectionsOfAServerAsManySlotsAsWhatTheyOpen) {
  const DescriptorLimit lowered(1000);
  NoAcceptor acceptor;
  Job job;
  job.acceptor = &acceptor;
  const SlotPlan plan = SlotPlan::of(job, 0);
  EXPECT_EQ(plan.own, 500U);
  EXPECT_EQ(plan.accepted, 500U);
}

TEST(SlotPool, HandsOutEachSlotOnce) {
  SlotPool pool(100);
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
  SlotPool pool(100);
  const int first = pool.take().value();
  pool.give_back(first);
  EXPECT_NE(pool.take(), first);
}

TEST(SlotPool, IgnoresWhatTheKernelHandsOut) {
  SlotPool pool(1);
  EXPECT_EQ(pool.take(), 0);
  pool.give_back(1);
  EXPECT_EQ(pool.take(), std::nullopt);
}

}  // namespace
}  // namespace asyncbench::uring
