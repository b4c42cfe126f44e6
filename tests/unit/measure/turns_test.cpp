#include "measure/turns.hpp"

#include <gtest/gtest.h>

#include "measure/recorder.hpp"

namespace asyncbench::measure {
namespace {

using namespace std::chrono_literals;

Time at(Duration since) { return Time{10s + since}; }

// Of 50 ms every 200 ms, the first before the window, which lasts from 100 ms to 600 ms.
Turns three_turns() {
  Turns turns{.length = 50ms, .rest = 10ms, .lead_in = 5ms, .warm_up = 1};
  for (const Duration begin : {0ms, 200ms, 400ms}) turns.begins_ns.push_back(to_ns(at(begin)));
  return turns;
}

TEST(Turns, FindTheTurnOfATime) {
  const Turns turns = three_turns();
  EXPECT_EQ(turns.at_or_after(at(-1ms)), 0U);
  EXPECT_EQ(turns.at_or_after(at(0ms)), 0U);
  EXPECT_EQ(turns.at_or_after(at(50ms) - 1ns), 0U);
  EXPECT_EQ(turns.at_or_after(at(50ms)), 1U) << "no request begins at a turn's end";
  EXPECT_EQ(turns.at_or_after(at(449ms)), 2U);
  EXPECT_EQ(turns.at_or_after(at(450ms)), 3U);
}

TEST(Turns, CountActiveTimeInTurnsAlone) {
  const Turns turns = three_turns();
  EXPECT_EQ(turns.active_until(at(-5ms)), 0ms);
  EXPECT_EQ(turns.active_until(at(20ms)), 20ms);
  EXPECT_EQ(turns.active_until(at(120ms)), 50ms);
  EXPECT_EQ(turns.active_until(at(210ms)), 60ms);
  EXPECT_EQ(turns.active_until(at(900ms)), 150ms);
  for (const Duration active : {0ms, 1ms, 49ms, 50ms, 99ms, 149ms}) {
    EXPECT_EQ(turns.active_until(turns.when_active(active)), active);
  }
  EXPECT_EQ(turns.when_active(50ms), at(200ms));
  EXPECT_EQ(turns.when_active(150ms), kNever);
}

class RecorderInTurns : public ::testing::Test {
 protected:
  RecorderInTurns() {
    set(window, {.start_ns = to_ns(at(100ms)), .end_ns = to_ns(at(600ms))});
    window.turns = &turns;
  }

  void run(std::uint32_t turn, Duration begun, Duration service, Outcome outcome = Outcome::ok) {
    recorder.begun(at(begun));
    recorder.ended(
        {.outcome = outcome, .begun = at(begun), .ended = at(begun + service), .turn = turn});
  }

  const Turns turns = three_turns();
  Window window;
  Recorder recorder{window, {.window_expected = 1s, .turns = 3}};
};

TEST_F(RecorderInTurns, TakesNoLatencyFromALeadIn) {
  run(1, 201ms, 1ms);
  run(1, 206ms, 2ms);
  const Recording recording = recorder.take();
  EXPECT_EQ(recording.ended_in(Phase::window), 2U);
  EXPECT_EQ(recording.service_time.count(), 1U);
  EXPECT_EQ(recording.without_latency, 1U);
  EXPECT_EQ(recording.turns[1].requests, 2U);
  EXPECT_EQ(recording.turns[1].latencies, 1U);
  EXPECT_EQ(recording.turns[1].latency_sum_ns, 2'000'000U);
  EXPECT_EQ(recording.turns[1].completions, 1U);
}

TEST_F(RecorderInTurns, CountsARequestInTheTurnInWhichItBegan) {
  run(1, 249ms, 5ms);   // ends in the rest
  run(1, 249ms, 11ms);  // outlasts it
  run(2, 420ms, 1ms, Outcome::reset);
  const Recording recording = recorder.take();
  EXPECT_EQ(recording.turns[1].requests, 2U);
  EXPECT_EQ(recording.turns[1].completions, 0U) << "neither ended within the turn";
  EXPECT_EQ(recording.turns[1].overran, 1U);
  EXPECT_EQ(recording.turns[2].requests, 1U);
  EXPECT_EQ(recording.turns[2].latencies, 0U);
  EXPECT_EQ(recording.turns[0].requests, 0U);
}

TEST_F(RecorderInTurns, CountsTimeInFlightUpToTheTurnsEnd) {
  recorder.turn_begun(0, at(10ms));  // the warm-up does not count
  recorder.turn_begun(1, at(210ms));
  run(1, 210ms, 30ms);
  run(1, 240ms, 15ms);
  const Recording recording = recorder.take();
  EXPECT_EQ(recording.time_in_turns_ns, 40'000'000U);
  EXPECT_EQ(recording.time_in_flight_ns, 40'000'000U);
}

TEST_F(RecorderInTurns, CountsTimeInFlightUpToTheTurnsEndWhereARequestOutlastsTheWindow) {
  run(2, 445ms, 1s);
  const Recording recording = recorder.take();
  EXPECT_EQ(recording.censored, 1U);
  EXPECT_EQ(recording.time_in_flight_ns, 5'000'000U);
}

TEST_F(RecorderInTurns, CountsNoTimeInFlightOfARequestThatOutlastsTheWarmUp) {
  run(0, 49ms, 55ms);  // from the warm-up's turn into the window
  const Recording recording = recorder.take();
  EXPECT_EQ(recording.ended_in(Phase::window), 1U);
  EXPECT_EQ(recording.time_in_flight_ns, 0U);
  EXPECT_EQ(recording.turns[0].overran, 1U);
}

TEST_F(RecorderInTurns, MergesLanes) {
  run(1, 206ms, 2ms);
  Recording recording = recorder.take();
  recording.merge(recorder.take());
  EXPECT_EQ(recording.turns[1].requests, 2U);
  EXPECT_EQ(recording.turns[1].latency_sum_ns, 4'000'000U);
}

}  // namespace
}  // namespace asyncbench::measure
