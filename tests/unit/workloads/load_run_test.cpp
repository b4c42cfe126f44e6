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

// Without this, a stop in a window would keep the task busy with requests that end at once.
TEST(LoadRun, EndsATaskWhoseRequestAStopCancelled) {
  LoadRun run({});
  RequestFlow flow(run, 0);
  flow.start(0);
  const Time start = now() + 1s;
  EXPECT_EQ(kind_of(flow.next(start)), OpKind::begin);
  flow.end(Outcome::connect_refused, start + 1us);
  EXPECT_EQ(kind_of(flow.next(start + 1us)), OpKind::begin);
  flow.end(Outcome::cancelled, start + 2us);
  EXPECT_EQ(kind_of(flow.next(start + 2us)), OpKind::finish);
}

TEST(LoadRun, BringsArrivalsAtTheRatesOfItsStagesOnceTheyAreKnown) {
  // 1,000 a second for 100 ms, then 4,000 for 100 ms: 2,500 in the mean.
  LoadRun run({.arrivals = {load::ArrivalKind::constant, 2'500},
               .window_expected = 200ms,
               .stages = {{100ms, 1000, 1000}, {100ms, 4000, 4000}}});
  RequestFlow flow(run, 0);
  flow.start(0);
  const Time start = now() + 1s;
  EXPECT_EQ(kind_of(flow.next(start)), OpKind::begin);
  flow.end(Outcome::ok, start + 1us);
  EXPECT_EQ(std::get<op::Sleep>(flow.next(start + 1us)).until, start + 1us + 500us) << "it looks";

  measure::set(run.window(), {.start_ns = to_ns(start + 10ms), .end_ns = to_ns(start + 210ms)});
  run.begin_stages();
  EXPECT_EQ(run.arrivals_due(start + 10ms, start + 110ms), 100U);
  EXPECT_EQ(run.arrivals_due(start + 110ms, start + 210ms), 400U);
  EXPECT_EQ(run.arrivals_due_in_window(), 500U);
  EXPECT_EQ(kind_of(flow.next(start + 501us)), OpKind::begin) << "they began a second ago";
  flow.end(Outcome::ok, start + 600us);

  // Nobody was there for the arrivals of the window.
  const measure::Recording recording = run.take();
  ASSERT_EQ(recording.stages.size(), 2U);
  EXPECT_EQ(recording.stages[0].unfinished, 100U);
  EXPECT_EQ(recording.stages[1].unfinished, 400U);
  EXPECT_EQ(recording.stages[1].response_time.count(), 400U);
}

// Generators that share a schedule go by one clock, and connect as slowly together as one would.
TEST(LoadRun, TakesItsPartOfAScheduleThatBeginsForAllAtOnce) {
  const Time begins = now() + 1s;
  std::uint64_t together = 0;
  for (unsigned index = 0; index < 3; ++index) {
    const LoadRun run({.arrivals = {load::ArrivalKind::constant, 1'000},
                       .stagger = 50us,
                       .part = ClientPart{.part = {.index = index, .of = 3},
                                          .schedule_begins_ns = to_ns(begins)}});
    EXPECT_EQ(run.options().stagger, 150us);
    together += run.arrivals_due(begins, begins + 100ms);
    EXPECT_EQ(run.arrivals_due(begins, begins + 2ms + 1ns), 1U)
        << "each has one of the first three";
  }
  EXPECT_EQ(together, 100U);
}

// Two turns of 50 ms, 200 ms apart.
class FlowInTurns : public ::testing::Test {
 protected:
  Time at(Duration since) const { return start + since; }

  RequestFlow started(LoadRun& run) const {
    RequestFlow flow(run, 0);
    flow.start(0);
    EXPECT_EQ(kind_of(flow.next(start)), OpKind::begin) << "the first request opens a connection";
    flow.end(Outcome::ok, start + 1us);
    return flow;
  }

  void set_turns(LoadRun& run) const {
    const measure::Turns turns{.begins_ns = {to_ns(at(100ms)), to_ns(at(300ms))},
                               .length = 50ms,
                               .rest = 10ms,
                               .lead_in = 5ms};
    measure::set(run.window(), {.start_ns = to_ns(at(90ms)), .end_ns = to_ns(at(400ms))});
    run.set_turns(turns);
  }

  static Time until(const Op& op) { return std::get<op::Sleep>(op).until; }

  const Time start = now() + 1s;
};

TEST_F(FlowInTurns, WaitsUntilTurnsAreKnownAndThenForItsOwn) {
  LoadRun run({.turns = 2});
  RequestFlow flow = started(run);
  EXPECT_GT(until(flow.next(at(1ms))), at(1ms));
  EXPECT_LT(until(flow.next(at(2ms))), at(10ms)) << "it looks again soon";
  set_turns(run);
  EXPECT_EQ(until(flow.next(at(3ms))), at(100ms));
}

TEST_F(FlowInTurns, BeginsRequestsInItsTurnsAlone) {
  LoadRun run({.turns = 2});
  RequestFlow flow = started(run);
  set_turns(run);
  EXPECT_EQ(until(flow.next(at(3ms))), at(100ms));
  EXPECT_EQ(kind_of(flow.next(at(100ms))), OpKind::begin);
  EXPECT_EQ(flow.record().turn, 0U);
  EXPECT_EQ(kind_of(flow.next(at(149ms))), OpKind::begin);
  EXPECT_EQ(until(flow.next(at(150ms))), at(300ms));
  EXPECT_EQ(kind_of(flow.next(at(301ms))), OpKind::begin);
  EXPECT_EQ(flow.record().turn, 1U);
  EXPECT_EQ(until(flow.next(at(350ms))), at(400ms)) << "it keeps its connection to the end";
  EXPECT_EQ(kind_of(flow.next(at(400ms))), OpKind::finish);
}

TEST_F(FlowInTurns, CountsWhatComesToASecondOfItsTurns) {
  LoadRun run({.turns = 2});
  set_turns(run);
  EXPECT_DOUBLE_EQ(run.per_s(1000), 10'000) << "two turns of 50 ms";
}

TEST_F(FlowInTurns, CountsAThinkTimeThatEndsInARestToTheNextTurn) {
  LoadRun run({.think_time = 20ms, .turns = 2});
  RequestFlow flow = started(run);
  set_turns(run);
  EXPECT_EQ(until(flow.next(at(110ms))), at(130ms));
  EXPECT_EQ(kind_of(flow.next(at(130ms))), OpKind::begin);
  EXPECT_EQ(until(flow.next(at(140ms))), at(300ms));
  EXPECT_EQ(kind_of(flow.next(at(300ms))), OpKind::begin);
}

TEST_F(FlowInTurns, LetsAnOpenLoopsScheduleRunInTurnsAlone) {
  LoadRun run({.arrivals = {load::ArrivalKind::constant, 100}, .turns = 2});  // every 10 ms
  RequestFlow flow = started(run);
  set_turns(run);
  // As many in the first turn as in the second.
  for (const Duration due : {100ms, 110ms, 120ms, 130ms, 140ms, 300ms, 310ms}) {
    const Op next = flow.next(at(due - 1ms));
    ASSERT_EQ(until(next), at(due));
    ASSERT_EQ(kind_of(flow.next(at(due))), OpKind::begin);
    EXPECT_EQ(flow.record().intended, at(due));
    flow.end(Outcome::ok, at(due + 1us));
  }
  EXPECT_EQ(run.arrivals_due_in_window(), 10U);
}

TEST_F(FlowInTurns, WaitsForTheWindowsEndWhenTheScheduleHasNoMoreTurns) {
  LoadRun run({.arrivals = {load::ArrivalKind::constant, 10}, .turns = 2});  // every 100 ms
  RequestFlow flow = started(run);
  set_turns(run);
  EXPECT_EQ(until(flow.next(at(1ms))), at(100ms));
  ASSERT_EQ(kind_of(flow.next(at(100ms))), OpKind::begin);
  flow.end(Outcome::ok, at(101ms));
  EXPECT_EQ(until(flow.next(at(102ms))), at(400ms));
  EXPECT_EQ(kind_of(flow.next(at(400ms))), OpKind::finish);
}

TEST_F(FlowInTurns, StopsTheClockOfAnArrivalThatOutlivesItsTurn) {
  LoadRun run({.arrivals = {load::ArrivalKind::constant, 100}, .turns = 2});
  RequestFlow flow = started(run);
  set_turns(run);
  for (const Duration due : {100ms, 110ms, 120ms}) {
    flow.next(at(due));
    flow.end(Outcome::ok, at(due + 1us));
  }
  // The task was busy from 120 ms on, and what was due at 130 ms was 20 ms late when the turn
  // ended.
  EXPECT_EQ(until(flow.next(at(155ms))), at(300ms));
  ASSERT_EQ(kind_of(flow.next(at(300ms))), OpKind::begin);
  EXPECT_EQ(flow.record().intended, at(280ms));
}

}  // namespace
}  // namespace asyncbench::workloads
