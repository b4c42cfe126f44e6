#include "workloads/memory_per_thing.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <set>
#include <vector>

namespace asyncbench::workloads {
namespace {

// Starts every task of `job`; each is in its first sleep.
std::deque<Task*> start(Job& job) {
  std::deque<Task*> asleep;
  for (const auto& task : job.tasks) {
    EXPECT_EQ(kind_of(task->start(0)), OpKind::sleep);
    asleep.push_back(task.get());
  }
  return asleep;
}

// Wakes the tasks in turn until all have finished. Returns how many had woken when the first
// finished.
std::size_t run(Job& job, const Completion& ended = {}) {
  std::deque<Task*> asleep = start(job);
  std::set<Task*> woken;
  std::size_t woken_before_end = 0;
  while (!asleep.empty()) {
    Task* const task = asleep.front();
    asleep.pop_front();
    woken.insert(task);
    if (kind_of(task->resume(ended)) == OpKind::sleep) {
      asleep.push_back(task);
    } else if (woken_before_end == 0) {
      woken_before_end = woken.size();
    }
  }
  return woken_before_end;
}

TEST(Sleepers, ReadTheMemoryOfEverMoreTasksWhileAllAreAsleep) {
  Sleepers sleepers(900);
  std::vector<std::size_t> counts;
  while (true) {
    Job job;
    if (!sleepers.next(job)) break;
    counts.push_back(job.tasks.size());
    EXPECT_EQ(run(job), job.tasks.size());
  }
  EXPECT_EQ(counts, (std::vector<std::size_t>{100, 200, 300, 400, 500, 600, 700, 800, 900}));
  ASSERT_EQ(sleepers.ramp().points().size(), counts.size()) << sleepers.ramp().unreadable();
  for (std::size_t i = 0; i < counts.size(); ++i) {
    EXPECT_EQ(sleepers.ramp().points()[i].x, counts[i]);
  }
}

TEST(Sleepers, AreLimitedInNumber) {
  Sleepers sleepers(1'000'000);
  Job job;
  std::size_t most = 0;
  while (sleepers.next(job)) {
    most = job.tasks.size();
    run(job);
    job.tasks.clear();
  }
  EXPECT_EQ(most, Sleepers::kTasksMax);
}

TEST(Sleepers, EndWhenTheyAreStopped) {
  Sleepers sleepers(900);
  Job job;
  ASSERT_TRUE(sleepers.next(job));
  EXPECT_EQ(run(job, failed(std::errc::operation_canceled)), 1U);
  Job another;
  EXPECT_FALSE(sleepers.next(another));
  EXPECT_TRUE(sleepers.ramp().points().empty());
}

}  // namespace
}  // namespace asyncbench::workloads
