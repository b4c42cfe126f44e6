#include "core/timer_queue.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace asyncbench {
namespace {

struct Owner : Timer {};

Time at(std::int64_t ns) { return from_ns(ns); }

TEST(TimerQueue, FiresInTheOrderOfTheirTimes) {
  TimerQueue<Owner> queue;
  Owner late, early, middle;
  queue.set(late, at(30));
  queue.set(early, at(10));
  queue.set(middle, at(20));
  EXPECT_EQ(queue.next(), at(10));
  EXPECT_EQ(queue.pop_due(at(100)), &early);
  EXPECT_EQ(queue.pop_due(at(100)), &middle);
  EXPECT_EQ(queue.pop_due(at(100)), &late);
  EXPECT_EQ(queue.pop_due(at(100)), nullptr);
  EXPECT_EQ(queue.next(), kNever);
}

TEST(TimerQueue, NeverFiresEarly) {
  TimerQueue<Owner> queue;
  Owner timer;
  queue.set(timer, at(10));
  EXPECT_EQ(queue.pop_due(at(9)), nullptr);
  EXPECT_EQ(queue.pop_due(at(10)), &timer);
}

TEST(TimerQueue, FiresOnceForEachSet) {
  TimerQueue<Owner> queue;
  Owner timer;
  queue.set(timer, at(10));
  EXPECT_EQ(queue.pop_due(at(10)), &timer);
  EXPECT_EQ(queue.pop_due(at(1000)), nullptr);
  queue.set(timer, at(20));
  EXPECT_EQ(queue.pop_due(at(20)), &timer);
}

TEST(TimerQueue, MovesATimerLaterAndEarlier) {
  TimerQueue<Owner> queue;
  Owner timer;
  queue.set(timer, at(10));
  queue.set(timer, at(50));
  EXPECT_EQ(queue.pop_due(at(49)), nullptr);
  queue.set(timer, at(20));
  EXPECT_EQ(queue.next(), at(20));
  EXPECT_EQ(queue.pop_due(at(20)), &timer);
}

TEST(TimerQueue, AClearedTimerDoesNotFireAndCanBeSetAgain) {
  TimerQueue<Owner> queue;
  Owner timer;
  queue.set(timer, at(10));
  queue.clear(timer);
  queue.clear(timer);
  EXPECT_EQ(queue.pop_due(at(100)), nullptr);
  queue.set(timer, at(200));
  EXPECT_EQ(queue.pop_due(at(200)), &timer);
}

TEST(TimerQueue, SettingToNeverQueuesNothing) {
  TimerQueue<Owner> queue;
  Owner timer;
  queue.set(timer, kNever);
  EXPECT_EQ(queue.size(), 0U);
}

TEST(TimerQueue, ForgetsARemovedTimer) {
  TimerQueue<Owner> queue;
  Owner kept;
  {
    Owner gone;
    queue.set(gone, at(1));
    queue.set(kept, at(2));
    queue.remove(gone);
  }
  EXPECT_EQ(queue.size(), 1U);
  EXPECT_EQ(queue.pop_due(at(2)), &kept);
}

// As many as a loop may have, moved both ways: the heap is deep enough for every path through it.
TEST(TimerQueue, AHundredThousandTimersFireEachInItsTick) {
  constexpr std::size_t kTimers = 100'000;
  std::mt19937_64 random(1);
  const auto some_time = [&random] { return at(static_cast<std::int64_t>(random() % 1'000'000)); };
  TimerQueue<Owner> queue;
  std::vector<Owner> timers(kTimers);
  std::vector<Time> due(kTimers, kNever);
  for (Owner& timer : timers) queue.set(timer, some_time());
  for (std::size_t i = 0; i < kTimers; ++i) {
    if (i % 3 == 0) {
      queue.remove(timers[i]);
    } else {
      due[i] = some_time();
      queue.set(timers[i], due[i]);
    }
  }
  constexpr Duration kTick(100);
  std::size_t fired = 0;
  for (Time clock = at(0); clock <= at(1'000'000); clock += kTick) {
    while (const Owner* const timer = queue.pop_due(clock)) {
      const Time was_due = due[static_cast<std::size_t>(timer - timers.data())];
      ASSERT_LE(was_due, clock);
      ASSERT_GT(was_due, clock - kTick);
      ++fired;
    }
  }
  EXPECT_EQ(fired, kTimers - (kTimers + 2) / 3);
  EXPECT_EQ(queue.size(), 0U);
}

// Against a model that looks through all timers.
TEST(TimerQueue, AgreesWithAPlainSearchUnderRandomUse) {
  constexpr std::size_t kTimers = 64;
  std::mt19937_64 random(1);
  TimerQueue<Owner> queue;
  std::vector<Owner> timers(kTimers);
  std::vector<Time> model(kTimers, kNever);
  Time clock = at(0);
  for (int step = 0; step < 20'000; ++step) {
    const std::size_t i = random() % kTimers;
    const Time due = clock + Duration(1 + random() % 1000);
    switch (random() % 8) {
      case 0:
        queue.clear(timers[i]);
        model[i] = kNever;
        break;
      case 1:
        queue.remove(timers[i]);
        model[i] = kNever;
        break;
      default:
        queue.set(timers[i], due);
        model[i] = due;
    }
    EXPECT_LE(queue.next(), *std::ranges::min_element(model));
    clock += Duration(random() % 50);
    while (Owner* const fired = queue.pop_due(clock)) {
      const auto index = static_cast<std::size_t>(fired - timers.data());
      ASSERT_LE(model[index], clock);
      model[index] = kNever;
    }
    ASSERT_GT(*std::ranges::min_element(model), clock);
  }
}

}  // namespace
}  // namespace asyncbench
