#include "report/causes_text.hpp"

#include <gmock/gmock.h>

namespace asyncbench::report {
namespace {

using analyze::Causes;
using measure::Activity;
using testing::HasSubstr;
using testing::Not;

Causes loop() {
  Causes causes{.strategy = "epoll",
                .calls = {{{"epoll_wait", 0.25}, {"recvfrom", 1.5}}},
                .events = {{"minor page faults", 0.002}},
                .batches = analyze::Batches{.median = 12, .p99 = 48, .mean = 13.5}};
  causes.waits = {.reasons = {{.reason = "epoll_wait", .times = 0.1, .ns = 2500}},
                  .run_queue_ns = 130};
  analyze::TailCauses& tail = causes.tail.emplace();
  tail = {.requests = 12'345,
          .slow = 13,
          .p99_9_ns = 812'000,
          .slow_latency_ns = 900'000,
          .typical_latency_ns = 100'000};
  tail.slow_times[static_cast<std::size_t>(Activity::run_queue)] = 700'000;
  tail.slow_times[static_cast<std::size_t>(Activity::loop)] = 200'000;
  tail.typical_times[static_cast<std::size_t>(Activity::loop)] = 100'000;
  return causes;
}

TEST(CausesText, ShowsStrategiesSideBySide) {
  const Causes threads{.strategy = "thread_per_request",
                       .calls = {{{"recvfrom", 1.0}, {"futex", 0.0125}}},
                       .missing = {"off_cpu: no tracepoints; run as root"}};
  const std::vector<Causes> both = {loop(), threads};
  const std::string text = causes_text(both);
  EXPECT_THAT(text, HasSubstr("System calls per request\n"
                              "                                    epoll thread_per_request\n"));
  EXPECT_THAT(text, HasSubstr("  recvfrom                           1.50               1.00\n"
                              "  epoll_wait                        0.250                  -\n"
                              "  futex                                 -              0.013\n"
                              "  all                                1.75               1.01\n"));
  EXPECT_THAT(text, HasSubstr("  epoll_wait                2.50 (0.100x)                  ?\n"));
  EXPECT_THAT(text, HasSubstr("  waiting for a CPU          700 (-)  88%                  -"));
  EXPECT_THAT(text, HasSubstr("  loop and kernel          200 (100)  12%                  -"));
  EXPECT_THAT(text, HasSubstr("  requests beyond it          13 of 12.3k                  -"));
  EXPECT_THAT(text, HasSubstr("not measured: off_cpu: no tracepoints; run as root"));
}

TEST(CausesText, OfNothingIsEmpty) {
  EXPECT_EQ(causes_text({}), "");
  const std::vector<Causes> nothing = {{.strategy = "epoll"}};
  EXPECT_EQ(causes_text(nothing), "");
}

TEST(CausesText, LeavesOutWhatNoStrategyHas) {
  Causes causes = loop();
  causes.tail.reset();
  causes.waits.reset();
  const std::string text = causes_text(std::span(&causes, 1));
  EXPECT_THAT(text, Not(HasSubstr("slowest")));
  EXPECT_THAT(text, Not(HasSubstr("Waits")));
}

TEST(TailCauses, ShareOfTheExcessAddsUpToOne) {
  const analyze::TailCauses tail = *loop().tail;
  EXPECT_DOUBLE_EQ(tail.share_of_excess(Activity::run_queue), 0.875);
  EXPECT_DOUBLE_EQ(tail.share_of_excess(Activity::loop), 0.125);
  EXPECT_DOUBLE_EQ(tail.share_of_excess(Activity::peer), 0);
}

}  // namespace
}  // namespace asyncbench::report
