#include "run/window_meter.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

namespace asyncbench::run {
namespace {

using namespace std::chrono_literals;

// A thread that uses the CPU, says that it ends, and is gone.
void work_and_end(WindowMeter& meter) {
  std::jthread([&] {
    for (const Time until = now() + 100ms; now() < until;) {
    }
    meter.thread_ends();
  }).join();
}

TEST(WindowMeter, KnowsHowBusyAThreadWasThatEndsBeforeTheWindowDoes) {
  WindowMeter meter(false, std::nullopt);
  meter.window_starts();
  work_and_end(meter);
  meter.window_ends();
  const auto busiest = meter.usage().busiest_thread_ns;
  if (!busiest) GTEST_SKIP() << "no readable schedstat";
  // The kernel may not have added the last tick.
  EXPECT_GT(*busiest, 80'000'000);
}

TEST(WindowMeter, TakesNoThreadIntoAccountThatEndsBeforeTheWindowStarts) {
  WindowMeter meter(false, std::nullopt);
  work_and_end(meter);
  meter.window_starts();
  meter.window_ends();
  EXPECT_LT(meter.usage().busiest_thread_ns.value_or(0), 50'000'000);
}

}  // namespace
}  // namespace asyncbench::run
