#include "run/invariants.hpp"

#include <gmock/gmock.h>

#include "workloads/all_workloads.hpp"

namespace asyncbench::run {
namespace {

using measure::Phase;

constexpr auto kWarmUp = static_cast<std::size_t>(Phase::warm_up);
constexpr auto kWindow = static_cast<std::size_t>(Phase::window);
constexpr auto kDrain = static_cast<std::size_t>(Phase::drain);
constexpr auto kOk = static_cast<std::size_t>(Outcome::ok);
constexpr auto kCancelled = static_cast<std::size_t>(Outcome::cancelled);

// Four connections, 100 requests of 1 ms in the warm-up and 1000 in a window of 250 ms.
struct Sound {
  PlannedCell cell;
  report::Record client;
  report::Record server;

  Sound() {
    cell.workload = &workloads::fetch_workload();
    cell.work.parameters = workloads::Parameters(cell.workload->info().parameters);
    cell.work.parameters.set("connections", "4");
    measure::Recording& r = client.recording.emplace();
    r.begun = {104, 1000, 0};
    r.ended[kWarmUp][kOk] = 100;
    r.ended[kWindow][kOk] = 1000;
    r.ended[kDrain][kOk] = 4;
    r.censored = 4;
    r.in_flight_max = 4;
    r.answered = 1104;
    r.answered_body_bytes = 1104 * 12;
    r.service_time.record(1'000'000, 1000);
    r.time_in_flight_ns = 1'000'000'000;
    client.window_end_ns = 250'000'000;
    client.resources_back = true;
    server.server = {.requests = 1104, .responses = 1104, .response_body_bytes = 1104 * 12};
    server.resources_back = true;
  }

  measure::Recording& recording() { return *client.recording; }

  result::Trial checked() const {
    result::Trial trial;
    check_invariants(trial, {.client = &client, .server = &server}, cell);
    return trial;
  }
};

TEST(Invariants, HoldOfASoundTrial) {
  const result::Trial trial = Sound{}.checked();
  for (std::size_t i = 0; i < result::kInvariants; ++i) {
    const auto which = static_cast<result::Invariant>(i);
    const bool of_many_trials =
        which == result::Invariant::recorded_once || which == result::Invariant::same_outcomes;
    if (!of_many_trials) {
      EXPECT_EQ(trial.invariant(which), true) << name_of(which);
    }
  }
  EXPECT_EQ(trial.invariant(result::Invariant::same_outcomes), std::nullopt);
  EXPECT_TRUE(trial.notes.empty());
}

TEST(Invariants, NoticeALostRequest) {
  Sound sound;
  sound.recording().begun[kWindow] += 1;
  const result::Trial trial = sound.checked();
  EXPECT_EQ(trial.invariant(result::Invariant::requests_balance), false);
  ASSERT_EQ(trial.notes.size(), 1u);
  EXPECT_EQ(trial.notes[0].code, "invariant_requests_balance");
}

TEST(Invariants, WalkTheScheduleOfAnOpenLoop) {
  Sound sound;
  sound.cell.work.parameters.set("arrivals", "constant:4000");
  sound.client.arrivals_before = 100;
  sound.client.arrivals_due = 1000;
  EXPECT_EQ(requests_balance(sound.client, sound.cell), true);
  sound.client.arrivals_due = 1001;
  EXPECT_EQ(requests_balance(sound.client, sound.cell), false);
}

TEST(Invariants, CompareBothEnds) {
  Sound sound;
  sound.server.server->responses -= 1;
  EXPECT_EQ(sound.checked().invariant(result::Invariant::both_ends_agree), false);
  // One more than was read is fine when one was cancelled.
  sound.server.server->responses += 2;
  sound.server.server->response_body_bytes += 12;
  EXPECT_EQ(sound.checked().invariant(result::Invariant::both_ends_agree), false);
  sound.recording().ended[kDrain][kCancelled] = 1;
  EXPECT_EQ(sound.checked().invariant(result::Invariant::both_ends_agree), true);
}

TEST(Invariants, LeaveOutWhatAForeignServerWouldHaveToSay) {
  const Sound sound;
  EXPECT_EQ(both_ends_agree({.client = &sound.client}, sound.cell), std::nullopt);
}

TEST(Invariants, NoticeAMissingSample) {
  Sound sound;
  sound.recording().service_time.record(1'000'000);
  EXPECT_EQ(sound.checked().invariant(result::Invariant::samples_match_counts), false);
}

TEST(Invariants, NoticeMoreInFlightThanConnections) {
  Sound sound;
  sound.recording().in_flight_max = 5;
  EXPECT_EQ(sound.checked().invariant(result::Invariant::in_flight_within_limit), false);
}

TEST(Invariants, NameWhatWasNotGivenBack) {
  Sound sound;
  sound.server.resources_back = false;
  sound.server.resources_missing = "descriptors 9 before and 10 after";
  const result::Trial trial = sound.checked();
  EXPECT_EQ(trial.invariant(result::Invariant::resources_returned), false);
  EXPECT_THAT(trial.notes[0].detail, testing::HasSubstr("descriptors 9"));
}

TEST(Invariants, LittlesLawNoticesTimesThatAreTooShort) {
  Sound sound;
  sound.recording().time_in_flight_ns = 970'000'000;
  EXPECT_EQ(littles_law(sound.client, sound.cell), false);
  sound.recording().time_in_flight_ns = 985'000'000;
  EXPECT_EQ(littles_law(sound.client, sound.cell), true);
}

TEST(Invariants, LittlesLawNoticesTimesThatAreTooLong) {
  Sound sound;
  sound.recording().time_in_flight_ns = 1'030'000'000;
  EXPECT_EQ(littles_law(sound.client, sound.cell), false);
}

TEST(Invariants, LittlesLawIsForKeepAliveClosedLoopsWithoutThinkTime) {
  Sound sound;
  sound.cell.work.parameters.set("keep_alive", "off");
  EXPECT_EQ(littles_law(sound.client, sound.cell), std::nullopt);
}

TEST(Arrivals, ThatWereImprobableAreNoted) {
  result::Trial trial;
  report::Record client;
  note_arrivals(trial, client);
  client.arrivals_a2 = 3.8;
  note_arrivals(trial, client);
  EXPECT_TRUE(trial.notes.empty());
  client.arrivals_a2 = 3.9;
  note_arrivals(trial, client);
  ASSERT_EQ(trial.notes.size(), 1u);
  EXPECT_EQ(trial.notes[0].code, "arrivals_not_poisson");
}

}  // namespace
}  // namespace asyncbench::run
