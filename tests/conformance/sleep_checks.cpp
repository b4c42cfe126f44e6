#include <gtest/gtest.h>

#include <array>

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

const std::array kChecks{
    Check{"SleepIsNeverEarly", kStreamOps, sleep_is_never_early},
    Check{"SleepUntilThePastEndsAtOnce", kStreamOps, sleep_until_the_past_ends_at_once},
    Check{"ManySleepsEndEachAtItsTime", kStreamOps, many_sleeps_end_each_at_its_time},
};

}  // namespace

std::span<const Check> sleep_checks() { return kChecks; }

}  // namespace asyncbench::conformance
