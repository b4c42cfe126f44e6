#include "analyze/summary.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "analyze/figures.hpp"
#include "analyze/notes.hpp"
#include "analyze/validity.hpp"
#include "result/from_recording.hpp"

namespace asyncbench::analyze {
namespace {

using result::Cell;
using result::IntervalKind;
using result::Result;
using result::Trial;
using result::Values;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

// 1,000 requests of 100 us in one second for 5 us of CPU each, 1 us of it the kernel's.
Trial steady_trial(std::int64_t block = 0) {
  Trial trial{.block = block, .valid = true, .window_ns = 1'000'000'000};
  trial.outcomes[0] = 1000;
  trial.throughput_per_s = 1000 + static_cast<double>(block);
  measure::Histogram latencies;
  latencies.record(100'000, 1000);
  trial.service_time = result::latency_of(latencies);
  trial.subject = {.cpu_user_ns = 4'000'000,
                   .cpu_system_ns = 1'000'000,
                   .context_switches_voluntary = 150,
                   .context_switches_involuntary = 50,
                   .cpus = {1}};
  trial.peer = result::Usage{.cpu_user_ns = 1'000'000, .cpu_system_ns = 2'000'000, .cpus = {0}};
  trial.slices.assign(50, {.completions = 1000});
  return trial;
}

Cell cell_of(std::vector<Trial> trials, std::string strategy = "uring") {
  Cell cell{.workload = "fetch", .strategy = std::move(strategy)};
  cell.parameters = {{"connections", std::int64_t{64}}};
  cell.id = result::cell_id(cell.workload, cell.strategy, cell.parameters);
  cell.trials = std::move(trials);
  return cell;
}

TEST(Summary, TakesOneValueATrial) {
  Cell cell = cell_of({});
  for (int block = 0; block < 6; ++block) cell.trials.push_back(steady_trial(block));
  summarize(cell);
  ASSERT_TRUE(cell.summary);
  EXPECT_EQ(cell.summary->trials_valid, 6);
  EXPECT_EQ(cell.find("throughput_per_s")->median, 1002.5);
  EXPECT_EQ(cell.find("throughput_per_s")->low, 1000);
  EXPECT_EQ(cell.find("throughput_per_s")->high, 1005);
  EXPECT_EQ(cell.find("throughput_per_s")->interval, IntervalKind::sign_95);
  EXPECT_EQ(cell.find("cpu_per_request_ns")->median, 5000);
  EXPECT_EQ(cell.find("cpu_per_request_peer_ns")->median, 3000);
  EXPECT_EQ(cell.find("cpu_per_request_total_ns")->median, 8000);
  EXPECT_DOUBLE_EQ(cell.find("context_switches_per_request")->median, 0.2);
  EXPECT_NEAR(cell.find("service_time_p50_ns")->median, 100'000, 100);
  EXPECT_TRUE(cell.find("service_time_p99_9_ns")->unresolved);
  EXPECT_FALSE(cell.find("service_time_p99_ns")->unresolved);
  EXPECT_EQ(cell.find("response_time_p50_ns"), nullptr);
  EXPECT_EQ(cell.find("syscalls_per_request"), nullptr);
  EXPECT_THAT(cell.summary->notes, IsEmpty());
}

TEST(Summary, LeavesOutInvalidTrialsAndCountTrials) {
  Trial invalid = steady_trial();
  invalid.valid = false;
  invalid.throughput_per_s = 1;
  invalid.reason = "invariant A";
  Trial count = steady_trial();
  count.kind = result::TrialKind::count;
  count.throughput_per_s = 2;
  count.subject.syscalls = 3000;
  Cell cell = cell_of({steady_trial(), invalid, count});
  summarize(cell);
  EXPECT_EQ(cell.find("throughput_per_s")->median, 1000);
  EXPECT_EQ(cell.summary->trials_valid, 1);
  EXPECT_EQ(cell.summary->trials_timed, 2);
  EXPECT_EQ(cell.find("syscalls_per_request")->median, 3);
  EXPECT_TRUE(has_note(cell, kInvalidTrials));
  EXPECT_TRUE(has_note(cell, kFewTrials));
}

TEST(Summary, IsEmptyWhereNothingWasReadable) {
  Trial trial = steady_trial();
  trial.subject.cpu_user_ns.reset();
  trial.peer.reset();
  Cell cell = cell_of({trial});
  summarize(cell);
  EXPECT_EQ(cell.find("cpu_per_request_ns"), nullptr);
  EXPECT_EQ(cell.find("cpu_per_request_total_ns"), nullptr);
  Cell none = cell_of({});
  summarize(none);
  EXPECT_FALSE(none.summary);
}

TEST(Summary, CountsUnfinishedRequestsIntoPercentiles) {
  Trial trial = steady_trial();
  measure::Histogram ages;
  ages.record(500'000'000, 500);
  trial.censored_service_time = result::latency_of(ages);
  Cell cell = cell_of({trial});
  summarize(cell);
  EXPECT_FALSE(cell.find("service_time_p50_ns")->at_least);
  EXPECT_TRUE(cell.find("service_time_p99_ns")->at_least);
  EXPECT_NEAR(cell.find("service_time_p99_ns")->median, 5e8, 1e6);
}

TEST(Summary, NotesThatNothingEnded) {
  Trial trial = steady_trial();
  Cell cell = cell_of({trial});
  summarize(cell);
  EXPECT_FALSE(has_note(cell, kNoRequests));
  trial.outcomes = {};
  cell = cell_of({trial});
  summarize(cell);
  EXPECT_TRUE(has_note(cell, kNoRequests));
}

// As results before version 1.4 have it.
TEST(Summary, ACellThatDidNothingButFailHasNoFigures) {
  Trial trial = steady_trial();
  trial.outcomes = {};
  trial.outcomes[static_cast<std::size_t>(Outcome::reset)] = 1000;
  Cell cell = cell_of({trial, trial});
  summarize(cell);
  EXPECT_EQ(cell.status, result::CellStatus::failed);
  EXPECT_EQ(cell.reason, "every request failed: reset: 1000 of 1000");
  EXPECT_THAT(cell.summary->figures, IsEmpty());
}

TEST(Summary, NotesErrorsWithTheirOutcomes) {
  Trial trial = steady_trial();
  trial.outcomes[static_cast<std::size_t>(Outcome::reset)] = 1000;
  Cell cell = cell_of({trial});
  summarize(cell);
  EXPECT_DOUBLE_EQ(cell.find("error_share")->median, 0.5);
  EXPECT_TRUE(has_note(cell, kErrors));
  EXPECT_EQ(cell.find("cpu_per_request_ns")->median, 2500);
}

TEST(Summary, NotesPeersThatDiffer) {
  result::Result result;
  Trial heavy = steady_trial();
  heavy.peer->cpu_user_ns = 5'000'000;
  result.cells = {cell_of({steady_trial()}, "asio"), cell_of({heavy}, "uring")};
  summarize(result);
  EXPECT_TRUE(has_note(result.cells[0], kPeersDiffer));
  EXPECT_TRUE(has_note(result.cells[1], kPeersDiffer));
  EXPECT_GT(peer_cpu_ratio(result.cells[0], result.cells[1]).value(), kPeersAlike);
  result.cells[1].trials = {steady_trial()};
  EXPECT_EQ(peer_cpu_ratio(result.cells[0], result.cells[1]), 1);
  summarize(result);
  EXPECT_FALSE(has_note(result.cells[0], kPeersDiffer));
}

TEST(Groups, HoldCellsThatDifferInTheirStrategyAlone) {
  result::Result result;
  result.cells = {cell_of({}, "asio"), cell_of({}, "uring"), cell_of({}, "asio")};
  result.cells[2].workload = "serve";
  const auto groups = groups_of(result);
  ASSERT_EQ(groups.size(), 2U);
  EXPECT_EQ(groups[0].name, "fetch/connections:64");
  EXPECT_EQ(groups[0].cells.size(), 2U);
}

std::vector<std::string> codes(const Cell& cell, const Trial& trial) {
  std::vector<std::string> found;
  for (const auto& note : assess(cell, trial)) found.push_back(note.code);
  return found;
}

// Names of the groups that cells of these parameters make.
std::vector<std::string> groups_with(const std::vector<std::pair<std::string, Values>>& cells) {
  Result result;
  for (const auto& [workload, parameters] : cells) {
    result.cells.push_back({.workload = workload, .strategy = "uring", .parameters = parameters});
  }
  std::vector<std::string> names;
  for (const Group& group : groups_of(result)) names.push_back(group.name);
  return names;
}

Values connections(std::int64_t count) { return {{"connections", count}}; }

TEST(Groups, OrderNumbersBySizeAndWorkloadsAsTheyCome) {
  EXPECT_THAT(groups_with({{"serve", connections(1)},
                           {"fetch", connections(64)},
                           {"serve", connections(64)},
                           {"serve", connections(8)},
                           {"fetch", connections(512)},
                           {"fetch", connections(8)}}),
              ElementsAre("serve/connections:1", "serve/connections:8", "serve/connections:64",
                          "fetch/connections:8", "fetch/connections:64", "fetch/connections:512"));
}

TEST(Groups, OrderDurationsByTheirLengthAndKeepTheOrderOfWords) {
  const auto delay = [](const char* text) { return Values{{"delay", std::string(text)}}; };
  EXPECT_THAT(groups_with({{"fetch", delay("20ms")},
                           {"fetch", delay("random")},
                           {"fetch", delay("1s")},
                           {"fetch", delay("900us")},
                           {"fetch", delay("hot")}}),
              ElementsAre("fetch/delay:random", "fetch/delay:hot", "fetch/delay:900us",
                          "fetch/delay:20ms", "fetch/delay:1s"));
}

TEST(Groups, OrderByTheFirstParameterFirst) {
  const auto point = [](std::int64_t connections, std::int64_t bytes) {
    return Values{{"connections", connections}, {"body_bytes", bytes}};
  };
  EXPECT_THAT(
      groups_with({{"fetch", point(64, 12)}, {"fetch", point(8, 4096)}, {"fetch", point(8, 12)}}),
      ElementsAre("fetch/connections:8/body_bytes:12", "fetch/connections:8/body_bytes:4096",
                  "fetch/connections:64/body_bytes:12"));
}

TEST(Validity, NotesASlowStart) {
  Trial trial = steady_trial();
  for (std::size_t i = 0; i < 15; ++i) trial.slices[i].completions = 500;
  EXPECT_THAT(codes(cell_of({}), trial), Contains(kNotSteady));
}

TEST(Validity, DoesNotTakeNoiseForASlowStart) {
  std::mt19937_64 random(11);
  std::normal_distribution<double> noise(1000, 200);
  int noted = 0;
  for (int i = 0; i < 500; ++i) {
    Trial trial = steady_trial();
    for (result::Slice& slice : trial.slices) {
      slice.completions = static_cast<std::uint64_t>(std::max(noise(random), 0.0));
    }
    const auto found = codes(cell_of({}), trial);
    noted += std::ranges::find(found, kNotSteady) != found.end();
  }
  EXPECT_LE(noted, 10);
}

TEST(Validity, NotesADrift) {
  Trial trial = steady_trial();
  for (std::size_t i = 0; i < 50; ++i) trial.slices[i].completions = 1000 + 4 * i;
  EXPECT_THAT(codes(cell_of({}), trial), Contains(kNonStationary));
  for (std::size_t i = 0; i < 50; ++i) trial.slices[i].completions = 10000 + 4 * i;
  EXPECT_THAT(codes(cell_of({}), trial), IsEmpty());
}

TEST(Validity, NotesThatNothingEndedForLong) {
  Trial trial = steady_trial();
  for (std::size_t i = 20; i < 29; ++i) trial.slices[i].completions = 0;
  EXPECT_THAT(codes(cell_of({}), trial), Not(Contains(kStalled)));  // 180 ms
  trial.slices[29].completions = 0;
  const std::vector<result::Note> notes = assess(cell_of({}), trial);
  const auto note = std::ranges::find(notes, kStalled, &result::Note::code);
  ASSERT_NE(note, notes.end());
  EXPECT_EQ(note->detail, "no request ended for 200 ms");
}

TEST(Validity, TakesNoGapInWhichRequestsFailedForAStall) {
  Trial trial = steady_trial();
  for (std::size_t i = 20; i < 30; ++i) trial.slices[i].completions = 0;
  trial.outcomes[static_cast<std::size_t>(Outcome::reset)] = 200;
  EXPECT_THAT(codes(cell_of({}), trial), Not(Contains(kStalled)));
}

TEST(Validity, TakesNoGapThatSlowRequestsExplainForAStall) {
  Trial trial = steady_trial();
  for (std::size_t i = 20; i < 30; ++i) trial.slices[i].completions = 0;
  measure::Histogram slow;
  slow.record(11'000'000, 1000);
  trial.service_time = result::latency_of(slow);
  EXPECT_THAT(codes(cell_of({}), trial), Not(Contains(kStalled)));
}

TEST(Validity, NotesAWindowInWhichNothingEnded) {
  Trial trial = steady_trial();
  trial.outcomes = {};
  trial.service_time.reset();
  trial.slices.assign(20, {});
  trial.censored = 64;
  EXPECT_THAT(codes(cell_of({}), trial), ElementsAre(kStalled));
  Cell cell = cell_of({steady_trial(), trial});
  summarize(cell);
  EXPECT_TRUE(has_note(cell, kStalled));
  // With no request at all it may be slow requests as well as a stall: both are said.
  cell = cell_of({trial});
  summarize(cell);
  EXPECT_TRUE(has_note(cell, kStalled));
  EXPECT_TRUE(has_note(cell, kNoRequests));
}

TEST(Validity, ExpectsGapsWhereRequestsAreToldToWait) {
  Trial trial = steady_trial();
  trial.outcomes = {};
  trial.slices.assign(20, {});
  trial.censored = 64;
  for (const char* const name : {"arrivals", "think_time", "server_delay"}) {
    Cell cell = cell_of({});
    cell.parameters.emplace_back(name, std::string("1s"));
    EXPECT_THAT(codes(cell, trial), IsEmpty()) << name;
  }
}

TEST(Validity, NotesALimitedGeneratorOnlyAtTheOtherEnd) {
  Trial trial = steady_trial();
  trial.peer->cpu_user_ns = 960'000'000;
  Cell cell = cell_of({trial});
  EXPECT_THAT(codes(cell, trial), IsEmpty());
  cell.generator = result::Side::peer;
  EXPECT_THAT(codes(cell, trial), ElementsAre(kGeneratorLimited));
  summarize(cell);
  EXPECT_TRUE(cell.find("throughput_per_s")->at_least);
}

// Three idle ones do not make up for it: its connections are slow.
TEST(Validity, NotesALimitOfOneGeneratorOfSeveral) {
  Trial trial = steady_trial();
  const result::Usage idle{.cpu_user_ns = 10'000'000, .cpu_system_ns = 0, .usable_cpus = 1};
  trial.peer_processes.emplace(4, result::PeerProcess{.usage = idle});
  trial.peer->cpus = {0, 2, 3, 4};
  Cell cell = cell_of({});
  cell.generator = result::Side::peer;
  EXPECT_THAT(codes(cell, trial), IsEmpty());
  (*trial.peer_processes)[2].usage.cpu_user_ns = 970'000'000;
  ASSERT_THAT(codes(cell, trial), ElementsAre(kGeneratorLimited));
  EXPECT_EQ(assess(cell, trial)[0].detail, "generator 3 of 4 used 97 % of its CPU");

  (*trial.peer_processes)[2].usage = idle;
  trial.response_time = trial.service_time;
  (*trial.peer_processes)[1].start_lag_p99_ns = 900'000;
  ASSERT_THAT(codes(cell, trial), ElementsAre(kGeneratorLimited));
  EXPECT_EQ(assess(cell, trial)[0].detail, "generator 2 of 4 sent late: p99 900 us");
}

// Of a generator on so many CPUs with so many loops, some of which never sleep while the rest are
// idle: whether it is limited.
TEST(Validity, FindsEveryLoopOfTheGeneratorThatIsAtItsLimit) {
  for (const unsigned cpus : {1U, 2U, 4U}) {
    for (const unsigned loops : {1U, 2U, 4U}) {
      const auto limited = [&](double busy_loops, double busiest) {
        Trial trial = steady_trial();
        const auto window = static_cast<double>(trial.window_ns);
        trial.peer = result::Usage{.cpu_user_ns = static_cast<std::int64_t>(window * busy_loops),
                                   .cpu_system_ns = 0};
        for (unsigned cpu = 0; cpu < cpus; ++cpu) trial.peer->cpus.push_back(cpu);
        trial.peer->usable_cpus = std::min(cpus, loops);
        if (busiest > 0)
          trial.peer->busiest_thread_ns = static_cast<std::int64_t>(window * busiest);
        Cell cell = cell_of({trial});
        cell.generator = result::Side::peer;
        return !codes(cell, trial).empty();
      };
      const double most = std::min(cpus, loops);
      const std::string where = std::to_string(loops) + " loops, CPUs: " + std::to_string(cpus);
      EXPECT_TRUE(limited(0.99 * most, 0)) << where << ": all of what it can use";
      EXPECT_FALSE(limited(0.5 * most, 0.5)) << where << ": half of it";
      EXPECT_TRUE(limited(0.99, 0.99)) << where << ": one loop alone";
      EXPECT_TRUE(limited(0.3 * most, 0.99)) << where << ": it waits for CPUs that others use";
    }
  }
}

TEST(Validity, TakesThePeersTogetherWithTheirBusiestThread) {
  const result::Usage one{.cpus = {0}, .usable_cpus = 1, .busiest_thread_ns = 7};
  const result::Usage other{.cpus = {0}, .usable_cpus = 1, .busiest_thread_ns = 9};
  EXPECT_EQ(result::sum(one, other).usable(), 1) << "they share it";
  EXPECT_EQ(result::sum(one, other).busiest_thread_ns, 9);
  const result::Usage elsewhere{.cpus = {1, 2}, .usable_cpus = 1};
  EXPECT_EQ(result::sum(one, elsewhere).usable(), 2);
  EXPECT_EQ(result::sum(one, elsewhere).busiest_thread_ns, 7);
  const result::Usage old{.cpus = {1, 2}};
  EXPECT_EQ(old.usable(), 2);
}

TEST(Validity, WaitingForThePeerOnASharedCpuIsNoDisturbance) {
  Trial trial = steady_trial();
  Cell cell = cell_of({});
  cell.strategy_info.event_loop = true;
  trial.subject.run_queue_wait_ns = trial.window_ns / 2;
  EXPECT_THAT(codes(cell, trial), ElementsAre(kDisturbed));
  trial.peer->cpus = {0, 1};
  EXPECT_THAT(codes(cell, trial), IsEmpty());
}

TEST(Validity, ALoopOnManyCpusLeavesNoMoreThanItCanUse) {
  Trial trial = steady_trial();
  Cell cell = cell_of({});
  cell.strategy_info.event_loop = true;
  trial.subject.cpus = {1, 2, 3, 4};
  trial.subject.usable_cpus = 1;
  trial.subject.cpu_user_ns = trial.window_ns / 100 * 97;
  trial.subject.run_queue_wait_ns = trial.window_ns;  // of its file threads
  EXPECT_THAT(codes(cell, trial), IsEmpty());
}

TEST(Validity, SaysByHowMuchTheCpuGotSlower) {
  Trial trial = steady_trial();
  trial.disturbance.canary_before_ns = 100;
  trial.disturbance.canary_after_ns = 104;
  EXPECT_THAT(assess(cell_of({}), trial), IsEmpty());
  trial.disturbance.canary_after_ns = 400;
  const std::vector<result::Note> notes = assess(cell_of({}), trial);
  ASSERT_EQ(notes.size(), 1U);
  EXPECT_EQ(notes[0].code, kDisturbed);
  EXPECT_EQ(notes[0].detail, "the CPUs were 75 % slower after the trial than before");
}

TEST(Validity, NoticesCpusThatShareACore) {
  Trial trial = steady_trial();
  trial.disturbance.canary_alone_ns = 100;
  trial.disturbance.canary_before_ns = trial.disturbance.canary_after_ns = 110;
  EXPECT_THAT(assess(cell_of({}), trial), IsEmpty());
  trial.disturbance.canary_before_ns = trial.disturbance.canary_after_ns = 138;
  const std::vector<result::Note> notes = assess(cell_of({}), trial);
  ASSERT_EQ(notes.size(), 1U);
  EXPECT_EQ(notes[0].code, kSharedCore);
  EXPECT_EQ(notes[0].detail,
            "a fixed piece of arithmetic took 1.38 times as long on all of them at once as on one "
            "alone");
}

// Held back by a quota, a program stands still and waits for its CPU as beside other load.
TEST(Validity, BlamesTheCpuQuotaForWhatItDoes) {
  Trial trial = steady_trial();
  trial.disturbance.canary_before_ns = 100;
  trial.disturbance.canary_after_ns = 400;
  trial.disturbance.throttled_ns = trial.window_ns / 200;
  EXPECT_THAT(codes(cell_of({}), trial), ElementsAre(kDisturbed)) << "it hardly held back";
  trial.disturbance.throttled_ns = trial.window_ns / 2;
  const std::vector<result::Note> notes = assess(cell_of({}), trial);
  ASSERT_EQ(notes.size(), 1U);
  EXPECT_EQ(notes[0].code, kThrottled);
  EXPECT_EQ(notes[0].detail, "a CPU quota held the program back for 50 % of the time");
}

TEST(Validity, WaitingForOnesOwnThreadsIsNoDisturbance) {
  Trial trial = steady_trial();
  Cell cell = cell_of({});
  cell.strategy_info.event_loop = true;
  trial.subject.cpus = {1};
  trial.subject.run_queue_wait_ns = 2 * trial.window_ns;  // of several file threads
  trial.subject.cpu_user_ns = trial.window_ns / 10 * 9;
  trial.subject.cpu_system_ns = trial.window_ns / 100 * 7;
  EXPECT_THAT(codes(cell, trial), IsEmpty());
  trial.subject.cpu_user_ns = trial.window_ns / 10 * 5;
  const std::vector<result::Note> notes = assess(cell, trial);
  ASSERT_EQ(notes.size(), 1U);
  EXPECT_EQ(notes[0].detail, "the subject waited 43 % of the window for its CPU");
}

TEST(Validity, NotesThatTheEndsOfManyThreadsAreNotInTheCpu) {
  Trial trial = steady_trial();
  trial.subject.threads_peak = 66;
  trial.lanes = {{.counters = {{"threads_created", 60'000}}}};
  EXPECT_THAT(codes(cell_of({}), trial), ElementsAre(kCpuIncomplete));
  trial.subject.cpu_account = "getrusage";
  EXPECT_THAT(codes(cell_of({}), trial), ElementsAre(kCpuIncomplete));
  trial.subject.cpu_account = "cgroup";
  EXPECT_THAT(codes(cell_of({}), trial), IsEmpty());
  trial.subject.cpu_account = "getrusage";
  trial.lanes[0].counters["threads_created"] = 64;  // once for each connection
  EXPECT_THAT(codes(cell_of({}), trial), IsEmpty());
}

TEST(Validity, NotesOverloadAndDisturbance) {
  Trial trial = steady_trial();
  trial.offered_per_s = 1100;
  trial.disturbance.steal_ns = 20'000'000;
  EXPECT_THAT(codes(cell_of({}), trial), ElementsAre(kOverload, kDisturbed));
}

}  // namespace
}  // namespace asyncbench::analyze
