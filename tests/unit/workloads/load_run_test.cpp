#include "workloads/load_run.hpp"

#include <gtest/gtest.h>

namespace asyncbench::workloads {
namespace {

using namespace std::chrono_literals;

// A schedule with a window of `length` that starts with it.
std::optional<double> a2_of(load::ArrivalKind kind, double rate_per_s, Duration length) {
  LoadRun run({.arrivals = {kind, rate_per_s}, .seed = 7});
  const Time start = now();
  run.window().end_ns.store(to_ns(start + length));
  run.window().start_ns.store(to_ns(start));
  return run.arrivals_a2();
}

TEST(LoadRun, ChecksTheGapsOfPoissonArrivals) {
  EXPECT_GT(a2_of(load::ArrivalKind::poisson, 20'000, 100ms).value(), 0);
}

TEST(LoadRun, DoesNotCheckOtherArrivalsOrTooFew) {
  EXPECT_EQ(a2_of(load::ArrivalKind::constant, 20'000, 100ms), std::nullopt);
  EXPECT_EQ(a2_of(load::ArrivalKind::closed, 0, 100ms), std::nullopt);
  EXPECT_EQ(a2_of(load::ArrivalKind::poisson, 20'000, 1us), std::nullopt);
}

}  // namespace
}  // namespace asyncbench::workloads
