// How fibers share their thread, and what they leave behind.
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/fiber/fiber.hpp>
#include <boost/fiber/operations.hpp>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "core/job.hpp"
#include "strategies/fiber/fiber.hpp"
#include "strategies/fiber/reactor.hpp"
#include "tests/short_requests.hpp"

namespace asyncbench {
namespace {

using namespace std::chrono_literals;
using test::kRequests;
using test::ShortRequests;

// Ends operations at once until another task has slept.
class UntilSlept final : public Task {
 public:
  explicit UntilSlept(const bool& has_slept) : has_slept_(has_slept) {}
  Op start(unsigned) override { return op::Close{}; }
  Op resume(const Completion&) override { return has_slept_ ? Op(op::Finish{}) : Op(op::Close{}); }

 private:
  const bool& has_slept_;
};

class Sleeper final : public Task {
 public:
  explicit Sleeper(bool& has_slept) : has_slept_(has_slept) {}
  Op start(unsigned) override { return op::Sleep{now() + 5ms}; }
  Op resume(const Completion&) override {
    has_slept_ = true;
    return op::Finish{};
  }

 private:
  bool& has_slept_;
};

class FiberTurns : public testing::Test {
 protected:
  void SetUp() override {
    if (const Support support = make_fiber()->host_support(); !support) {
      GTEST_SKIP() << support.reason;
    }
  }
};

LaneReport run(Job& job) {
  LaneReport lane;
  job.lanes = {&lane, 1};
  make_fiber()->run(job);
  return lane;
}

TEST_F(FiberTurns, TasksGiveWayToOthersBetweenRequests) {
  std::vector<int> begun;
  Job job;
  for (int task = 0; task < 4; ++task) {
    job.tasks.push_back(std::make_unique<ShortRequests>(begun, task));
  }
  const LaneReport lane = run(job);
  // The first one runs alone until the others have begun, and the last one in the end.
  const auto last = begun.begin() + 3 * kRequests;
  EXPECT_EQ(std::adjacent_find(begun.begin() + fiber::kTurnLength, last), last);
  EXPECT_LT(lane.wakeups, 4 * kRequests / 16) << "the kernel is not asked after each round";
}

TEST_F(FiberTurns, ATaskThatNeverWaitsKeepsNobodyFromTheTime) {
  bool has_slept = false;
  Job job;
  job.tasks.push_back(std::make_unique<UntilSlept>(has_slept));
  job.tasks.push_back(std::make_unique<Sleeper>(has_slept));
  run(job);
  EXPECT_TRUE(has_slept);
}

// One thread has run a job, and may run fibers of its own afterwards.
TEST_F(FiberTurns, LeaveTheThreadsSchedulerAsItWas) {
  std::jthread([] {
    std::vector<int> begun;
    Job job;
    job.tasks.push_back(std::make_unique<ShortRequests>(begun, 0));
    run(job);
    bool has_run = false;
    boost::fibers::fiber([&] {
      boost::this_fiber::sleep_for(1ms);
      has_run = true;
    }).join();
    EXPECT_TRUE(has_run);
  });
}

}  // namespace
}  // namespace asyncbench
