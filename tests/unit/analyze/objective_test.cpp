#include "analyze/objective.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "result/from_recording.hpp"

namespace asyncbench::analyze {
namespace {

using result::Trial;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::int64_t kMs = 1'000'000;

// All of 10,000 requests a second are answered, each after 1 ms, on half a CPU.
Trial good_trial() {
  Trial trial{.valid = true, .window_ns = 1'000 * kMs};
  trial.outcomes[0] = 10'000;
  trial.throughput_per_s = 10'000;
  trial.offered_per_s = 10'000;
  measure::Histogram latencies;
  latencies.record(1 * kMs, 10'000);
  trial.response_time = result::latency_of(latencies);
  trial.subject = {.cpu_user_ns = 300 * kMs, .cpu_system_ns = 200 * kMs};
  return trial;
}

Criterion below(double percent, std::int64_t limit_ns) {
  return {.percent = percent, .limit = static_cast<double>(limit_ns)};
}

void set_response_times(Trial& trial, std::uint64_t quick, std::uint64_t slow,
                        std::int64_t slow_ns) {
  measure::Histogram latencies;
  latencies.record(1 * kMs, quick);
  latencies.record(slow_ns, slow);
  trial.response_time = result::latency_of(latencies);
}

TEST(Objective, IsMetWhenEveryCriterionHolds) {
  const Objective objective({below(99, 5 * kMs),
                             {.aspect = Aspect::error_share, .limit = 0.001},
                             {.aspect = Aspect::cpu_share, .limit = 0.8}});
  const Attainment judgement = objective.judge(good_trial());
  EXPECT_TRUE(judgement.met) << judgement.reason;
  EXPECT_THAT(judgement.reason, IsEmpty());
  EXPECT_FALSE(judgement.unresolved);
  EXPECT_EQ(objective.text(), "p99 < 5ms, errors < 0.1%, cpu < 80%, achieved >= 98%");
}

TEST(Objective, NamesTheFirstCriterionThatDoesNotHold) {
  Trial slow = good_trial();
  set_response_times(slow, 9'800, 200, 7 * kMs);
  EXPECT_THAT(Objective({below(99, 5 * kMs)}).judge(slow).reason, HasSubstr("p99: 7"));
  EXPECT_TRUE(Objective({below(90, 5 * kMs)}).met(slow));

  Trial failing = good_trial();
  failing.outcomes[3] = 100;
  EXPECT_EQ(Objective({{.aspect = Aspect::error_share, .limit = 0.001}}).judge(failing).reason,
            "errors: 0.99%, wanted < 0.1%");

  EXPECT_EQ(Objective({{.aspect = Aspect::cpu_share, .limit = 0.4}}).judge(good_trial()).reason,
            "cpu: 50%, wanted < 40%");
}

TEST(Objective, AlwaysDemandsThatTheLoadIsAchieved) {
  Trial behind = good_trial();
  behind.throughput_per_s = 9'700;
  EXPECT_EQ(Objective({below(99, 5 * kMs)}).judge(behind).reason, "achieved: 97%, wanted >= 98%");
  const Objective lenient({{.aspect = Aspect::achieved_share, .limit = 0.9, .or_equal = true}});
  EXPECT_TRUE(lenient.met(behind));
  EXPECT_EQ(lenient.criteria().size(), 1u);
}

TEST(Objective, TakesTheLimitItselfOnlyWhereItSaysSo) {
  const Trial trial = good_trial();
  EXPECT_FALSE(Objective({{.aspect = Aspect::error_share, .limit = 0}}).met(trial));
  EXPECT_TRUE(
      Objective({{.aspect = Aspect::error_share, .limit = 0, .or_equal = true}}).met(trial));
}

TEST(Objective, CountsUnfinishedRequestsAsIfTheyNeverEnded) {
  Trial trial = good_trial();
  measure::Histogram young;
  young.record(2 * kMs, 150);  // 1.5 % of all: p99 is among them
  trial.censored_response_time = result::latency_of(young);
  const Attainment p99 = Objective({below(99, 5 * kMs)}).judge(trial);
  EXPECT_FALSE(p99.met);
  EXPECT_THAT(p99.reason, HasSubstr("150 requests were unfinished"));
  EXPECT_THAT(p99.reason, HasSubstr("--duration"));
  EXPECT_TRUE(Objective({below(90, 5 * kMs)}).met(trial));

  measure::Histogram old;
  old.record(100 * kMs, 150);
  trial.censored_response_time = result::latency_of(old);
  EXPECT_THAT(Objective({below(99, 5 * kMs)}).judge(trial).reason, HasSubstr("p99: >= 100"));
}

TEST(Objective, SaysThatThereWereTooFewRequestsForAPercentile) {
  Trial few = good_trial();
  set_response_times(few, 200, 0, 1 * kMs);
  const Attainment judgement = Objective({below(99, 5 * kMs)}).judge(few);
  EXPECT_TRUE(judgement.met);
  EXPECT_TRUE(judgement.unresolved);
  EXPECT_FALSE(Objective({below(50, 5 * kMs)}).judge(few).unresolved);
}

TEST(Objective, IsNotMetByWhatCouldNotBeReadOrIsNotValid) {
  Trial unreadable = good_trial();
  unreadable.subject.cpu_user_ns.reset();
  EXPECT_EQ(Objective({{.aspect = Aspect::cpu_share, .limit = 1}}).judge(unreadable).reason,
            "cpu could not be read");

  Trial silent = good_trial();
  silent.response_time.reset();
  EXPECT_THAT(Objective({below(99, 5 * kMs)}).judge(silent).reason, HasSubstr("no request ended"));

  Trial invalid = good_trial();
  invalid.valid = false;
  invalid.reason = "invariant A";
  EXPECT_EQ(Objective({}).judge(invalid).reason, "invariant A");
}

}  // namespace
}  // namespace asyncbench::analyze
