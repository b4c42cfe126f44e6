// Traced trials of the whole program: the times that they report for requests add up.
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <numeric>
#include <ostream>
#include <set>
#include <string>

#include "analyze/causes.hpp"
#include "measure/off_cpu.hpp"
#include "report/causes_text.hpp"
#include "report/perfetto.hpp"
#include "run/plan.hpp"
#include "run/sitting.hpp"
#include "strategies/registry.hpp"
#include "tests/sanitized.hpp"

namespace asyncbench::run {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::HasSubstr;

result::Trial traced(const Registry& registry, const std::string& strategy,
                     const std::map<std::string, std::string>& parameters,
                     const std::string& workload = "fetch") {
  PlannedCell cell = make_cell(workload, strategy, parameters, registry);
  cell.program = ASYNCBENCH_PROGRAM;
  const Settings settings{.duration = 300ms,
                          .warmup = 100ms,
                          .peer_program = ASYNCBENCH_PROGRAM,
                          .peer_strategy = "epoll",
                          .profile = measure::ProfileOptions{}};
  return run_alone({.cell = cell, .settings = settings, .kind = result::TrialKind::trace});
}

std::int64_t sum(const measure::PhaseTimes& phases) {
  std::int64_t all = 0;
  for (const auto& times : phases) all = std::accumulate(times.begin(), times.end(), all);
  return all;
}

struct Waiting {
  std::string strategy;
  std::string reason;  // what its threads wait for most
};

void PrintTo(const Waiting& waiting, std::ostream* out) { *out << waiting.strategy; }

class Trace : public testing::TestWithParam<Waiting> {
 protected:
  Registry registry_ = make_registry();
};

TEST_P(Trace, ExplainsTheWholeTimeOfEveryRequest) {
  const std::string& strategy = GetParam().strategy;
  if (!make_cell("fetch", strategy, {}, registry_).unsupported.empty()) GTEST_SKIP();
  const result::Trial trial = traced(registry_, strategy, {{"connections", "8"}});
  // A busy machine may break an invariant about rates, which does not matter here.
  ASSERT_TRUE(trial.profile && trial.profile->tail) << trial.reason;
  const measure::Tail& tail = *trial.profile->tail;
  // A sanitizer leaves a slow strategy few requests.
  EXPECT_GT(tail.requests, test::kSanitized ? 0U : 100U);
  EXPECT_LE(tail.requests, trial.ended());
  EXPECT_EQ(tail.slow.requests, (tail.requests + 999) / 1000);
  EXPECT_EQ(tail.slow.without, 0U);
  EXPECT_EQ(tail.slowest.size(), std::min<std::uint64_t>(measure::kSlowestShown, tail.requests));
  EXPECT_EQ(tail.typical.requests + tail.typical.without,
            std::min<std::uint64_t>(measure::kSampled, tail.requests));
  EXPECT_EQ(sum(tail.slow.phases), tail.slow.latency_ns);
  for (const auto* requests : {&tail.slowest, &tail.sample}) {
    for (const measure::RequestAnatomy& request : *requests) {
      EXPECT_EQ(sum(request.phases), request.latency_ns());
      EXPECT_TRUE(request.first_byte_ns);
      EXPECT_TRUE(request.sent_ns);
      EXPECT_LT(request.task, 8U);
    }
  }
  EXPECT_TRUE(std::ranges::is_sorted(tail.slowest, std::ranges::greater{},
                                     &measure::RequestAnatomy::latency_ns));
  EXPECT_LE(tail.slow.sum(measure::Activity::own_code), tail.slow.latency_ns);
  EXPECT_GT(tail.slow.sum(measure::Activity::own_code), 0);
  EXPECT_FALSE(tail.excerpt.turns.empty());
  const asyncbench::report::TracedProcess process{.name = strategy, .tail = &tail};
  EXPECT_THAT(asyncbench::report::perfetto(std::span(&process, 1)), HasSubstr("connection "));
  // At most eight requests were in flight.
  EXPECT_EQ(trial.profile->in_flight.back().first, 8U);
}

TEST_P(Trace, NamesWhatThreadsWaitFor) {
  const measure::OffCpuRecorder recorder;
  if (!recorder.knows_reasons()) GTEST_SKIP() << recorder.reason();
  const std::string& strategy = GetParam().strategy;
  if (!make_cell("fetch", strategy, {}, registry_).unsupported.empty()) GTEST_SKIP();
  const result::Trial trial =
      traced(registry_, strategy, {{"connections", "2"}, {"server_delay", "20ms"}});
  ASSERT_TRUE(trial.profile && trial.profile->off_cpu) << trial.reason;
  const measure::OffCpu& off_cpu = *trial.profile->off_cpu;
  ASSERT_FALSE(off_cpu.reasons.empty());
  EXPECT_EQ(off_cpu.reasons.front().name, GetParam().reason);
  EXPECT_EQ(off_cpu.lost, 0U);
  EXPECT_GT(off_cpu.stacks.weight(), 0U);
  // Two requests at a time wait 20 ms each for the server, in one thread or in two.
  const measure::RequestGroup& typical = trial.profile->tail->typical;
  EXPECT_GT(typical.sum(measure::Activity::peer), typical.latency_ns / 2);
}

INSTANTIATE_TEST_SUITE_P(Strategies, Trace,
                         testing::Values(Waiting{"epoll", "epoll_wait"},
                                         Waiting{"asio", "epoll_wait"},
                                         Waiting{"uring", "io_uring_enter"},
                                         Waiting{"thread_per_connection", "recv"},
                                         Waiting{"thread_per_request", "recv"}),
                         [](const auto& test) { return test.param.strategy; });

TEST(TraceOfAnOpenLoop, CountsFromTheIntendedStart) {
  const Registry registry = make_registry();
  const result::Trial trial =
      traced(registry, "epoll", {{"connections", "4"}, {"arrivals", "poisson:2000"}});
  ASSERT_TRUE(trial.profile && trial.profile->tail) << trial.reason;
  for (const measure::RequestAnatomy& request : trial.profile->tail->slowest) {
    ASSERT_TRUE(request.intended_ns);
    EXPECT_LE(*request.intended_ns, request.begun_ns);
    EXPECT_EQ(sum(request.phases), request.latency_ns());
  }
}

// The client issues the requests; the server works on them in turns of its own.
TEST(TraceOfAServer, HasTheTurnsOfItsConnections) {
  const Registry registry = make_registry();
  const result::Trial trial = traced(registry, "epoll", {{"connections", "4"}}, "serve");
  ASSERT_TRUE(trial.profile && trial.profile->tail) << trial.reason;
  const measure::Tail& tail = *trial.profile->tail;
  EXPECT_FALSE(tail.excerpt.turns.empty());
  EXPECT_EQ(tail.requests, 0U);
  EXPECT_TRUE(trial.profile->unreadable.contains("tail"));
}

TEST(CausesText, OfRealTrialsFitsIntoEightyColumns) {
  const Registry registry = make_registry();
  std::vector<analyze::Causes> causes;
  for (const std::string strategy : {"epoll", "thread_per_connection"}) {
    result::Cell cell{.strategy = strategy};
    cell.trials.push_back(traced(registry, strategy, {{"connections", "8"}}));
    cell.trials.back().valid = true;
    causes.push_back(analyze::causes_of(cell));
  }
  const std::string text = asyncbench::report::causes_text(causes);
  EXPECT_THAT(text, HasSubstr("The slowest 0.1 % of requests"));
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = text.find('\n', at);
    EXPECT_LE(end - at, 80U) << text.substr(at, end - at);
    at = end + 1;
  }
}

}  // namespace
}  // namespace asyncbench::run
