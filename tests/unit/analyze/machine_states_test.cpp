#include "analyze/machine_states.hpp"

#include <gmock/gmock.h>

#include <cmath>

#include "analyze/comparison.hpp"
#include "analyze/notes.hpp"
#include "analyze/summary.hpp"
#include "cells.hpp"

namespace asyncbench::analyze {
namespace {

using ::testing::DoubleNear;
using ::testing::HasSubstr;

// So many canaries of that length, each a little off.
std::vector<std::int64_t> canaries(std::int64_t length_ns, int count) {
  std::vector<std::int64_t> all;
  for (int i = 0; i < count; ++i) {
    all.push_back(std::llround(static_cast<double>(length_ns) * noise(i, 0.01)));
  }
  return all;
}

std::vector<std::int64_t> both(std::vector<std::int64_t> a, const std::vector<std::int64_t>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

TEST(MachineStates, AreFoundWhereCanariesHaveTwoLengths) {
  const auto states = states_of(both(canaries(405'000, 60), canaries(300'000, 40)));
  ASSERT_TRUE(states);
  EXPECT_THAT(states->factor, DoubleNear(1.35, 0.01));
  EXPECT_THAT(states->fast_share, DoubleNear(0.4, 0.001));
  EXPECT_EQ(states->of(303'000), MachineState::fast);
  EXPECT_EQ(states->of(400'000), MachineState::slow);
}

TEST(MachineStates, AreNotFoundInOneLengthInAFewStrayOnesOrInADrift) {
  EXPECT_FALSE(states_of(canaries(300'000, 100)));
  EXPECT_FALSE(states_of(both(canaries(300'000, 95), canaries(900'000, 5)))) << "strays";
  EXPECT_FALSE(states_of(both(canaries(300'000, 50), canaries(315'000, 50)))) << "5 %";
  EXPECT_FALSE(states_of(both(canaries(300'000, 9), canaries(405'000, 9)))) << "too few";
  std::vector<std::int64_t> drift;
  for (int i = 0; i < 100; ++i) drift.push_back(300'000 + i * 1'500);
  EXPECT_FALSE(states_of(drift));
  EXPECT_FALSE(states_of({}));
}

// Eight rounds in each of eight blocks, slow in every other block. `cpu_ns`: per request, in the
// fast state and in the slow one.
result::Cell strategy(const std::string& name, double fast_cpu_ns, double slow_cpu_ns) {
  result::Cell cell = cell_named(name);
  for (std::int64_t block = 0; block < 8; ++block) {
    result::Trial trial = trial_of({}, block);
    result::Turns& turns = trial.turns.emplace();
    turns.length_ns = 50'000'000;
    turns.rest_ns = 10'000'000;
    const bool slow = block % 2 == 1;
    for (std::int64_t round = 0; round < 8; ++round) {
      const double cpu_ns = (slow ? slow_cpu_ns : fast_cpu_ns) * noise(round + block, 0.005);
      turns.rounds.push_back({.requests = 1'000,
                              .completions = 1'000,
                              .subject_cpu_ns = std::llround(1'000 * cpu_ns),
                              .peer_cpu_ns = 0,
                              .canary_ns = slow ? 405'000 : 300'000});
    }
    cell.trials.push_back(std::move(trial));
  }
  return cell;
}

TEST(MachineStates, ShowTheRatiosOfBothInANoteOfTheGroup) {
  result::Result result;
  result.cells = {strategy("epoll", 10'000, 13'500), strategy("asio", 10'800, 14'985),
                  strategy("uring", 9'000, 12'150)};
  summarize(result);
  const Comparison comparison = compare_strategies(result, "epoll");
  ASSERT_EQ(comparison.groups.size(), 1U);
  const std::vector<result::Note>& notes = comparison.groups[0].notes;
  const auto note = std::ranges::find(notes, kMachineStates, &result::Note::code);
  ASSERT_NE(note, notes.end());
  EXPECT_EQ(note->detail,
            "in 50 % of the turns the CPUs were 1.35 times as fast as in the others; total "
            "CPU per request, times epoll, in fast and slow turns: uring 0.90 and 0.90, asio "
            "1.08 and 1.11");
  EXPECT_NE(meaning_of(note->code), nullptr);
}

TEST(MachineStates, AreSaidOfOneStrategyWithoutRatios) {
  result::Result result;
  result.cells = {strategy("epoll", 10'000, 13'500)};
  summarize(result);
  const std::vector<result::Note> notes = compare_strategies(result).groups.at(0).notes;
  const auto note = std::ranges::find(notes, kMachineStates, &result::Note::code);
  ASSERT_NE(note, notes.end());
  EXPECT_EQ(note->detail, "in 50 % of the turns the CPUs were 1.35 times as fast as in the others");
}

TEST(MachineStates, AreNotSpokenOfWhereTheMachineHadOne) {
  result::Result result;
  result.cells = {strategy("epoll", 10'000, 10'000), strategy("asio", 11'000, 11'000)};
  for (result::Cell& cell : result.cells) {
    for (result::Trial& trial : cell.trials) {
      for (result::Turn& turn : trial.turns->rounds) turn.canary_ns = 300'000;
    }
  }
  summarize(result);
  for (const result::Note& note : compare_strategies(result, "epoll").groups[0].notes) {
    EXPECT_NE(note.code, kMachineStates) << note.detail;
  }
}

}  // namespace
}  // namespace asyncbench::analyze
