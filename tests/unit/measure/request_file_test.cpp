#include "measure/request_file.hpp"

#include <gmock/gmock.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/fd.hpp"

namespace asyncbench::measure {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr std::int64_t kMs = 1'000'000;

// A file of these entries, and of so many bytes of one more.
Fd file_of(const std::vector<RequestEntry>& entries, std::size_t more = 0) {
  Fd file(::memfd_create("requests", MFD_CLOEXEC));
  const std::span<const std::byte> bytes = std::as_bytes(std::span(entries));
  EXPECT_EQ(::write(file.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  EXPECT_EQ(::write(file.get(), "0123456789", more), static_cast<ssize_t>(more));
  return file;
}

RequestEntry entry(std::int64_t begun_ms, std::int64_t ended_ms, std::uint16_t task = 0,
                   Outcome outcome = Outcome::ok) {
  return {.begun_ns = begun_ms * kMs,
          .ended_ns = ended_ms * kMs,
          .body_bytes = 12,
          .outcome = static_cast<std::uint16_t>(outcome),
          .task = task};
}

const RequestLimits kLimits{
    .count = 2, .tasks = 2, .earliest = from_ns(1 * kMs), .latest = from_ns(100 * kMs)};

TEST(RequestFile, HasWhatWasWritten) {
  const std::vector<RequestEntry> entries = {entry(1, 2), entry(3, 100, 1, Outcome::reset)};
  EXPECT_EQ(read_requests(file_of(entries).get(), kLimits), entries);
}

TEST(RequestFile, SaysWhatIsWrongWithIt) {
  const auto expect_refusal = [](const std::vector<RequestEntry>& entries, std::size_t more,
                                 const char* says) {
    const Fd file = file_of(entries, more);
    EXPECT_THAT([&] { read_requests(file.get(), kLimits); },
                ThrowsMessage<RequestFileError>(HasSubstr(says)));
  };
  expect_refusal({entry(1, 2)}, 0, "2 records were announced, of 24 bytes each, and 24 bytes");
  expect_refusal({entry(1, 2)}, 10, "34 bytes were written: 1 records and a part of one");
  expect_refusal({entry(1, 2), entry(1, 2), entry(1, 2)}, 0, "72 bytes were written: 3 records");
  expect_refusal({entry(1, 2), entry(3, 2)}, 0, "record 2 of 2: it ends 1000000 ns before it");
  expect_refusal({entry(0, 2), entry(1, 2)}, 0, "record 1 of 2: from 0 to 2000000 ns is outside");
  expect_refusal({entry(1, 2), entry(1, 101)}, 0, "CLOCK_MONOTONIC");
  expect_refusal({entry(1, 2), entry(1, 2, 2)}, 0, "its task is 2: there are 2, numbered from 0");
  RequestEntry odd = entry(1, 2);
  odd.outcome = kOutcomes;
  const std::string says = "its outcome is " + std::to_string(kOutcomes) + ": they are 0 (ok) to ";
  expect_refusal({odd, odd}, 0, says.c_str());
}

WindowSpan window(std::int64_t start_ms, std::int64_t end_ms) {
  return {.start_ns = start_ms * kMs, .end_ns = end_ms * kMs, .turns = std::nullopt};
}

TEST(RecordingOfRequests, PutsThemIntoThePhaseInWhichTheyEnd) {
  const std::vector<RequestEntry> entries = {
      entry(1, 5), entry(5, 12), entry(12, 15, 0, Outcome::reset), entry(15, 22), entry(22, 23)};
  const Recording recording =
      recording_of(entries, {.window = window(10, 20), .window_expected = 10ms});
  EXPECT_EQ(recording.ended_in(Phase::warm_up), 1U);
  EXPECT_EQ(recording.ended_in(Phase::window), 2U);
  EXPECT_EQ(recording.ended_in(Phase::drain), 2U);
  EXPECT_EQ(recording.censored, 1U);
  EXPECT_EQ(recording.answered, 4U);
  EXPECT_EQ(recording.answered_body_bytes, 48U);
  EXPECT_EQ(recording.service_time.count(), 1U);
  EXPECT_EQ(recording.failed_time.count(), 1U);
  EXPECT_EQ(recording.in_flight_max, 1U);
  EXPECT_EQ(recording.time_in_flight_ns, 10U * kMs);
  EXPECT_EQ(recording.slices.size(), 1U);
  EXPECT_TRUE(recording.balances());
}

// The order of the file means nothing: tasks write theirs when they like.
TEST(RecordingOfRequests, SeesTheMostInFlightByTheirTimes) {
  const std::vector<RequestEntry> entries = {entry(12, 13), entry(1, 12), entry(11, 14, 1),
                                             entry(12, 12)};
  const Recording recording = recording_of(entries, {.window = window(10, 20)});
  EXPECT_EQ(recording.in_flight_max, 2U);
}

// Turns from 10 to 20 (warm-up), 40 to 50 and 70 to 80 ms; the window is from 30 to 100 ms.
WindowSpan in_turns() {
  WindowSpan span = window(30, 100);
  span.turns = Turns{.begins_ns = {10 * kMs, 40 * kMs, 70 * kMs},
                     .length = 10ms,
                     .rest = 5ms,
                     .lead_in = 2ms,
                     .warm_up = 1};
  return span;
}

TEST(RecordingOfRequests, CountsTheTurnInWhichTheyBegan) {
  const std::vector<RequestEntry> entries = {entry(5, 6),   entry(11, 12), entry(41, 43),
                                             entry(44, 48), entry(72, 74), entry(75, 86)};
  const Recording recording = recording_of(entries, {.window = in_turns()});
  ASSERT_EQ(recording.turns.size(), 3U);
  EXPECT_EQ(recording.turns[0].requests, 1U);
  EXPECT_EQ(recording.turns[1].requests, 2U);
  EXPECT_EQ(recording.turns[1].completions, 2U);
  EXPECT_EQ(recording.turns[1].latencies, 1U);
  EXPECT_EQ(recording.turns[2].overran, 1U);
  EXPECT_EQ(recording.without_latency, 1U);
  // From the first request of each turn to its end.
  EXPECT_EQ(recording.time_in_turns_ns, (9U + 8U) * kMs);
  EXPECT_EQ(recording.time_in_flight_ns, (2U + 4U + 2U + 5U) * kMs);
  EXPECT_TRUE(recording.balances());
}

// Each turn's last request goes on in the next, or after the window: its time stands still.
TEST(RecordingOfRequests, StandStillWhileTheirProgramIsStopped) {
  const std::vector<RequestEntry> entries = {entry(5, 14),  entry(14, 19), entry(19, 41),
                                             entry(41, 46), entry(46, 73), entry(73, 77),
                                             entry(77, 101)};
  const Recording recording =
      recording_of(entries, {.window = in_turns(), .stopped_between_turns = true});
  ASSERT_EQ(recording.turns.size(), 3U);
  EXPECT_EQ(recording.turns[1].requests, 2U);
  EXPECT_EQ(recording.turns[1].completions, 1U);
  EXPECT_EQ(recording.turns[1].overran, 0U);
  EXPECT_EQ(recording.turns[2].requests, 2U);
  EXPECT_EQ(recording.turns[2].completions, 2U);  // one of them was in flight meanwhile
  EXPECT_EQ(recording.turns[2].overran, 0U);
  // 19 to 41, 41 to 46 (the lead-in) and 46 to 73 have none.
  EXPECT_EQ(recording.without_latency, 3U);
  EXPECT_EQ(recording.service_time.count(), 1U);
  EXPECT_EQ(recording.censored, 1U);
  EXPECT_LE(recording.censored_service.max(), 4 * kMs);
  EXPECT_EQ(recording.time_in_turns_ns, 20U * kMs);
  EXPECT_EQ(recording.time_in_flight_ns, 20U * kMs);
  EXPECT_EQ(recording.in_flight_max, 1U);
  EXPECT_TRUE(recording.balances());
}

// A request that is in flight all the time is there in each turn.
TEST(RecordingOfRequests, MayLastForSeveralTurns) {
  const std::vector<RequestEntry> entries = {entry(5, 78)};
  const Recording recording =
      recording_of(entries, {.window = in_turns(), .stopped_between_turns = true});
  EXPECT_EQ(recording.time_in_turns_ns, 20U * kMs);
  EXPECT_EQ(recording.time_in_flight_ns, 18U * kMs);
  EXPECT_EQ(recording.turns[1].requests, 0U);
  EXPECT_EQ(recording.turns[2].requests, 1U);
  EXPECT_TRUE(recording.balances());
}

}  // namespace
}  // namespace asyncbench::measure
