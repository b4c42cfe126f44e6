#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>

#include "checks.hpp"
#include "run_job.hpp"

namespace asyncbench::conformance {

namespace {

using namespace std::chrono_literals;

void sleep_is_never_early(Strategy& strategy) {
  run_script(strategy, [](unsigned) -> Script {
    for (const Duration length :
         {Duration(100us), Duration(1ms), Duration(17ms), Duration(100ms)}) {
      const Time until = now() + length;
      const Completion ended = co_await op::Sleep{until};
      expect_on_time(until, now());
      EXPECT_FALSE(ended.error) << ended.error.message();
    }
  });
}

void sleep_until_the_past_ends_at_once(Strategy& strategy) {
  run_script(strategy, [](unsigned) -> Script {
    for (const Time until : {now(), now() - 1s, Time{}}) {
      const Time began = now();
      const Completion ended = co_await op::Sleep{until};
      expect_on_time(began, now());
      EXPECT_FALSE(ended.error) << ended.error.message();
    }
  });
}

void many_sleeps_end_each_at_its_time(Strategy& strategy) {
  Tasks tasks;
  for (int i = 0; i < 50; ++i) {
    tasks.push_back(script([i](unsigned) -> Script {
      // Neither in order nor in reverse: 17 and 50 have no common divisor.
      const Time until = now() + std::chrono::milliseconds(1 + (i * 17) % 50);
      co_await op::Sleep{until};
      expect_on_time(until, now());
    }));
  }
  run_job(strategy, std::move(tasks));
}

// None is early either. Threads sleep on their own, and the kernel makes them share its wake-ups.
void sleeps_that_may_be_late_share_wake_ups(Strategy& strategy) {
  constexpr int kTasks = 40;
  static constexpr Duration kSlack = 300ms;
  Tasks tasks;
  const Time begin = now() + 20ms * test::kSlowdown;
  for (int i = 0; i < kTasks; ++i) {
    tasks.push_back(script([begin, i](unsigned) -> Script {
      const Time until = begin + 2ms * i;
      co_await op::Sleep{until};
      EXPECT_GE(now(), until);
      EXPECT_LE(now(), std::max(until, begin) + kSlack + kLateness);
    }));
  }
  const std::vector<LaneReport> lanes = run_job(strategy, std::move(tasks), {.slack = kSlack});
  if (strategy.info().event_loop) {
    EXPECT_LT(lanes.front().wakeups, kTasks / 2);
  }
}

void ten_thousand_sleeps_end_each_at_its_time(Strategy& strategy) {
  constexpr int kTasks = 10'000;
  std::atomic<int> ended = 0;
  Tasks tasks;
  // Starting so many takes a while where each needs a thread.
  const Time begin = now() + 1s * test::kSlowdown;
  for (int i = 0; i < kTasks; ++i) {
    tasks.push_back(script([&ended, begin, i](unsigned) -> Script {
      const Time until = begin + 100us * ((i * 17) % kTasks);
      // A task that was started after its time is not late for it.
      const Time due = std::max(until, now());
      const Completion slept = co_await op::Sleep{until};
      EXPECT_FALSE(slept.error) << slept.error.message();
      expect_on_time(due, now());
      ++ended;
    }));
  }
  run_job(strategy, std::move(tasks));
  EXPECT_EQ(ended, kTasks);
}

// One task's operations end at once, one after the other, for as long as the other one needs: both
// must have their turns.
void an_endless_chain_starves_nobody(Strategy& strategy) {
  std::atomic<bool> slept = false;
  Tasks tasks;
  tasks.push_back(script([&](unsigned) -> Script {
    const Time patience = now() + 5s;
    while (!slept && now() < patience) {
      co_await op::Begin{};
      co_await op::Sleep{Time{}};
    }
    EXPECT_TRUE(slept) << "the other task had no turn";
  }));
  tasks.push_back(script([&](unsigned) -> Script {
    for (int i = 0; i < 5; ++i) {
      const Time until = now() + 2ms;
      co_await op::Sleep{until};
      expect_on_time(until, now());
    }
    slept = true;
  }));
  run_job(strategy, std::move(tasks));
}

const std::array kChecks{
    Check{"SleepIsNeverEarly", OpKind::sleep, Ending::success, kStreamNeeds, sleep_is_never_early},
    Check{"SleepUntilThePastEndsAtOnce", OpKind::sleep, Ending::success, kStreamNeeds,
          sleep_until_the_past_ends_at_once},
    Check{"ManySleepsEndEachAtItsTime", OpKind::sleep, Ending::success, kStreamNeeds,
          many_sleeps_end_each_at_its_time},
    Check{"SleepsThatMayBeLateShareWakeUps", OpKind::sleep, Ending::success, kStreamNeeds,
          sleeps_that_may_be_late_share_wake_ups},
    Check{"TenThousandSleepsEndEachAtItsTime", OpKind::sleep, Ending::success, kStreamNeeds,
          ten_thousand_sleeps_end_each_at_its_time},
    Check{"AnEndlessChainStarvesNobody", OpKind::sleep, Ending::success, kStreamNeeds,
          an_endless_chain_starves_nobody},
};

}  // namespace

std::span<const Check> sleep_checks() { return kChecks; }

}  // namespace asyncbench::conformance
