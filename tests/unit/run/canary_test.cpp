#include "run/canary.hpp"

#include <gmock/gmock.h>

#include "measure/cpu.hpp"

namespace asyncbench::run {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

measure::WindowSpan turns_from(Time begin, Duration rest) {
  return {.start_ns = to_ns(begin),
          .end_ns = to_ns(begin + 1s),
          .turns = measure::Turns{.begins_ns = {to_ns(begin), to_ns(begin + 30ms)},
                                  .length = 10ms,
                                  .rest = rest,
                                  .warm_up = 1}};
}

TEST(Canary, SpinsOnAllCpusThatSomebodyIsPinnedTo) {
  EXPECT_THAT(cpus_in_use({.subject = {3, 1}, .peer = {0, 1}}), ElementsAre(0, 1, 3));
  EXPECT_THAT(cpus_in_use({}), IsEmpty());
}

TEST(Canary, TakesLongerWhereTwoShareACore) {
  EXPECT_GT(canary_on({}), 0ns);
  // One CPU named twice is the extreme of that: each thread has half of it, or waits for all of it.
  const int cpu = measure::allowed_cpus().front();
  const auto least = [](const std::vector<int>& cpus, int of) {
    Duration took = canary_on(cpus);
    for (int i = 1; i < of; ++i) took = std::min(took, canary_on(cpus));
    return took;
  };
  // Those that were so lucky as to run one after the other took no longer.
  EXPECT_GE(1.01 * least({cpu, cpu}, 3), least({cpu}, 10));
}

TEST(RestCanary, IsInTheMiddleOfARestThatHasRoomForIt) {
  const measure::Turns turns = turns_from(Time{1s}, 12ms).turns.value();
  EXPECT_EQ(rest_canary_time(turns, 1), Time{1s + 40ms + 6ms});
  EXPECT_EQ(rest_canary_time(turns_from(Time{1s}, 2ms).turns.value(), 1), std::nullopt);
}

TEST(RestCanaries, SpinAfterEveryTurnButTheWarmUps) {
  // A busy machine may come too late to it.
  for (int attempt = 0; attempt < 50; ++attempt) {
    const measure::WindowSpan spans[] = {turns_from(now() + 5ms, 20ms)};
    RestCanaries canaries({measure::allowed_cpus().front()}, spans);
    std::this_thread::sleep_until(from_ns(spans[0].turns->begins_ns[1]) + 40ms);
    const RestCanaries::Spins spins = canaries.take();
    if (spins.empty()) continue;
    ASSERT_EQ(spins.size(), 1U);
    EXPECT_EQ(spins.begin()->first, rest_canary_time(*spans[0].turns, 1));
    EXPECT_GT(spins.begin()->second, 0ns);
    return;
  }
  FAIL() << "fifty canaries came late";
}

TEST(RestCanaries, EndAtOnceWhenTheyAreTaken) {
  const measure::WindowSpan spans[] = {turns_from(now() + 1h, 20ms)};
  RestCanaries canaries({measure::allowed_cpus().front()}, spans);
  const Time start = now();
  EXPECT_THAT(canaries.take(), IsEmpty());
  EXPECT_LT(now() - start, 1min);
}

}  // namespace
}  // namespace asyncbench::run
