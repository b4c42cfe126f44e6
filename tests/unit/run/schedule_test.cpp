#include "run/schedule.hpp"

#include <gmock/gmock.h>

#include <set>

#include "result/success.hpp"
#include "run/verdict.hpp"
#include "workloads/all_workloads.hpp"

namespace asyncbench::run {
namespace {

std::vector<DueTrial> due_trials(const Plan& plan, const result::Result& recorded) {
  return Schedule(plan, recorded).due();
}

using result::TrialKind;
using result::TrialStatus;

// Two cells, three blocks.
Plan small_plan() {
  Plan plan;
  plan.settings.turns = false;
  plan.cells = {{.id = "a"}, {.id = "b"}};
  for (unsigned block = 0; block < 3; ++block) {
    plan.trials.push_back({.cell = block % 2, .block = block});
    plan.trials.push_back({.cell = 1 - block % 2, .block = block});
  }
  return plan;
}

result::Result nothing_of(const Plan& plan) {
  result::Result result;
  for (const PlannedCell& cell : plan.cells) result.cells.push_back({.id = cell.id});
  return result;
}

void record(result::Result& result, const Plan& plan, const DueTrial& due, TrialStatus status) {
  result::Trial trial;
  trial.block = due.trial.block;
  trial.repeat = due.repeat;
  trial.kind = due.trial.kind;
  trial.status = status;
  trial.valid = status == TrialStatus::ok;
  trial.outcomes[0] = trial.valid ? 1 : 0;
  trial.reason = trial.valid ? "" : "as told";
  result::Cell& cell = *result.find_cell(plan.cells[due.trial.cell].id);
  cell.trials.push_back(trial);
  retire_replaced(cell);
}

// One cell under two builds, which stand next to each other in ten blocks.
Plan plan_of_pairs() {
  Plan plan;
  plan.settings.turns = false;
  for (const auto build : {result::kBaseBuild, result::kCandidateBuild}) {
    PlannedCell cell{
        .workload = &workloads::fetch_workload(), .strategy = "s", .build = std::string(build)};
    cell.work.parameters = workloads::Parameters(cell.workload->info().parameters);
    set_names(cell);
    plan.cells.push_back(cell);
  }
  for (unsigned block = 0; block < 10; ++block) {
    plan.trials.push_back({.cell = block % 2, .block = block});
    plan.trials.push_back({.cell = 1 - block % 2, .block = block});
  }
  return plan;
}

TEST(Schedule, GoesOnWhereTheRecordsEnd) {
  const Plan plan = small_plan();
  result::Result result = nothing_of(plan);
  for (std::size_t done = 0; done < plan.trials.size(); ++done) {
    const auto due = due_trials(plan, result);
    ASSERT_EQ(due.size(), plan.trials.size() - done);
    EXPECT_EQ(due.front().trial.cell, plan.trials[done].cell);
    EXPECT_EQ(due.front().trial.block, plan.trials[done].block);
    record(result, plan, due.front(), TrialStatus::ok);
  }
  EXPECT_TRUE(due_trials(plan, result).empty());
  EXPECT_TRUE(record_faults(plan, result).empty());
  EXPECT_EQ(conclude(plan, result).exit_code, ExitCode::done);
}

TEST(Schedule, RunsInvalidTrialsAgainUpToAFifth) {
  const Plan plan = small_plan();
  result::Result result = nothing_of(plan);
  std::size_t runs = 0;
  for (auto due = due_trials(plan, result); !due.empty(); due = due_trials(plan, result)) {
    record(result, plan, due.front(), TrialStatus::invalid);
    ASSERT_LT(++runs, 100u);
  }
  EXPECT_EQ(runs, 6u + 2u);  // a fifth of six, rounded up
  EXPECT_TRUE(record_faults(plan, result).empty());
  EXPECT_EQ(conclude(plan, result).exit_code, ExitCode::invalid);
  EXPECT_EQ(result.cells[0].status, result::CellStatus::failed);
}

TEST(Schedule, ARepeatThatIsValidMakesTheRunDone) {
  const Plan plan = small_plan();
  result::Result result = nothing_of(plan);
  record(result, plan, due_trials(plan, result).front(), TrialStatus::invalid);
  EXPECT_EQ(due_trials(plan, result).front().repeat, 1u);
  for (auto due = due_trials(plan, result); !due.empty(); due = due_trials(plan, result)) {
    record(result, plan, due.front(), TrialStatus::ok);
  }
  EXPECT_EQ(conclude(plan, result).exit_code, ExitCode::done);
}

TEST(Schedule, ACrashCostsOneTrialAndIsNotRepeated) {
  const Plan plan = small_plan();
  result::Result result = nothing_of(plan);
  record(result, plan, due_trials(plan, result).front(), TrialStatus::crashed);
  EXPECT_EQ(due_trials(plan, result).size(), plan.trials.size() - 1);
  for (auto due = due_trials(plan, result); !due.empty(); due = due_trials(plan, result)) {
    record(result, plan, due.front(), TrialStatus::ok);
  }
  const RunVerdict verdict = conclude(plan, result);
  EXPECT_EQ(verdict.exit_code, ExitCode::incomplete);
  EXPECT_EQ(verdict.messages.size(), 1u);
  EXPECT_EQ(result.cells[0].status, result::CellStatus::measured);
}

// A server that does not start costs half a minute a trial.
TEST(Schedule, ACellWhoseTrialsBreakTwiceIsGivenUp) {
  const Plan plan = small_plan();
  result::Result result = nothing_of(plan);
  const std::size_t broken = due_trials(plan, result).front().trial.cell;
  std::size_t measured = 0;
  for (auto due = due_trials(plan, result); !due.empty(); due = due_trials(plan, result)) {
    const bool is_broken = due.front().trial.cell == broken;
    record(result, plan, due.front(), is_broken ? TrialStatus::failed : TrialStatus::ok);
    measured += is_broken ? 1 : 0;
  }
  EXPECT_EQ(measured, 2U);
  EXPECT_EQ(result.cells.at(broken).trials.size(), 2U);
  EXPECT_EQ(conclude(plan, result).exit_code, ExitCode::incomplete);
}

// What is measured, as "base 0" or, once repeated, "base 0 again".
std::vector<std::string> measured(const Plan& plan, result::Result& result,
                                  const std::set<std::size_t>& invalid) {
  std::vector<std::string> order;
  for (auto due = due_trials(plan, result); !due.empty(); due = due_trials(plan, result)) {
    const DueTrial& next = due.front();
    const bool breaks = invalid.contains(order.size());
    order.push_back(plan.cells[next.trial.cell].build + " " + std::to_string(next.trial.block) +
                    (next.repeat > 0 ? " again" : ""));
    record(result, plan, next, breaks ? TrialStatus::invalid : TrialStatus::ok);
    if (order.size() == 30) break;  // that would never end
  }
  return order;
}

TEST(Schedule, NothingMoreIsDueOfACellThatDoesNothingButFail) {
  const Plan plan = small_plan();
  result::Result result = nothing_of(plan);
  std::size_t measured_of_a = 0;
  for (auto due = due_trials(plan, result); !due.empty(); due = due_trials(plan, result)) {
    const bool is_a = due.front().trial.cell == 0;
    record(result, plan, due.front(), TrialStatus::ok);
    if (!is_a) continue;
    ++measured_of_a;
    result::Trial& trial = result.cells[0].trials.back();
    trial.outcomes[0] = 0;
    trial.outcomes[static_cast<std::size_t>(Outcome::http_status)] = 27;
    trial.failures = {
        {.outcome = Outcome::http_status, .status = 404, .target = "/x", .count = 27}};
    result::fail_without_success(trial);
  }
  EXPECT_EQ(measured_of_a, 1U);
  EXPECT_EQ(result.cells[1].trials.size(), 3U);
  const RunVerdict verdict = conclude(plan, result);
  EXPECT_EQ(verdict.exit_code, ExitCode::incomplete);
  EXPECT_EQ(result.cells[0].status, result::CellStatus::failed);
  EXPECT_EQ(result.cells[0].reason, "every request failed: 404 from /x: 27 of 27");
}

TEST(Schedule, ACellInWhichNothingEndedIsFailed) {
  const Plan plan = small_plan();
  result::Result result = nothing_of(plan);
  for (auto due = due_trials(plan, result); !due.empty(); due = due_trials(plan, result)) {
    record(result, plan, due.front(), TrialStatus::ok);
    result::Trial& trial = result.cells[due.front().trial.cell].trials.back();
    trial.outcomes[0] = due.front().trial.cell;
    trial.censored = 64;
    trial.window_ns = 200'000'000;
  }
  EXPECT_EQ(conclude(plan, result).exit_code, ExitCode::incomplete);
  EXPECT_THAT(result.cells[0].reason,
              testing::StartsWith("stalled: no request ended in the window of 0.2 s, 64 were"));
  EXPECT_EQ(result.cells[1].status, result::CellStatus::measured);
}

// What a profile trial took: samples, how many requests ended, and whether that shows anything.
struct Profiled {
  std::optional<std::uint64_t> samples;  // empty: this host lets no one sample
  std::uint64_t ended = 0;
  ExitCode exit_code = ExitCode::done;
};

TEST(Schedule, AProfileWithoutASampleOfAnythingIsInvalid) {
  Plan plan = small_plan();
  plan.trials.push_back({.cell = 0, .block = 3, .kind = result::TrialKind::profile});
  for (const Profiled& profiled :
       {Profiled{.samples = 7, .ended = 3}, Profiled{.samples = std::nullopt, .ended = 3},
        Profiled{.samples = 0, .ended = 3, .exit_code = ExitCode::invalid},
        Profiled{.samples = 7, .ended = 0, .exit_code = ExitCode::invalid}}) {
    result::Result result = nothing_of(plan);
    for (auto due = due_trials(plan, result); !due.empty(); due = due_trials(plan, result)) {
      record(result, plan, due.front(), TrialStatus::ok);
    }
    result::Trial& trial = result.cells[0].trials.back();
    ASSERT_EQ(trial.kind, result::TrialKind::profile);
    trial.outcomes[0] = profiled.ended;
    trial.profile.emplace();
    if (profiled.samples) {
      trial.profile->on_cpu.emplace().stacks = {.functions = {{.name = "f", .module = "m"}},
                                                .nodes = {{.weight = *profiled.samples}}};
    }
    EXPECT_EQ(conclude(plan, result).exit_code, profiled.exit_code);
  }
}

TEST(Schedule, AnInvalidTrialMakesItsPairBeMeasuredAgain) {
  const Plan plan = plan_of_pairs();
  result::Result result = nothing_of(plan);
  // The second trial of the first pair.
  const auto order = measured(plan, result, {1});
  EXPECT_EQ(order.size(), 22U);
  EXPECT_THAT(std::vector(order.begin(), order.begin() + 5),
              testing::ElementsAre("base 0", "candidate 0", "base 0 again", "candidate 0 again",
                                   "candidate 1"));
  const result::Trial& first = result.cells[0].trials[0];
  EXPECT_FALSE(first.valid);
  EXPECT_EQ(first.status, TrialStatus::ok);
  EXPECT_THAT(first.reason, testing::HasSubstr("measured again"));
  EXPECT_TRUE(result.cells[0].trials[1].valid);
  EXPECT_TRUE(record_faults(plan, result).empty());
  EXPECT_EQ(conclude(plan, result).exit_code, ExitCode::done);
}

TEST(Schedule, AnInvalidFirstTrialIsFollowedByBothOfItsPair) {
  const Plan plan = plan_of_pairs();
  result::Result result = nothing_of(plan);
  const auto order = measured(plan, result, {0});
  EXPECT_EQ(order.size(), 21U);
  EXPECT_THAT(std::vector(order.begin(), order.begin() + 4),
              testing::ElementsAre("base 0", "base 0 again", "candidate 0 again", "candidate 1"));
  EXPECT_TRUE(record_faults(plan, result).empty());
  EXPECT_EQ(conclude(plan, result).exit_code, ExitCode::done);
}

TEST(Schedule, AFifthOfThePairsIsMeasuredAgain) {
  const Plan plan = plan_of_pairs();
  result::Result result = nothing_of(plan);
  std::set<std::size_t> every_second;
  for (std::size_t i = 1; i < 40; i += 2) every_second.insert(i);
  const auto order = measured(plan, result, every_second);
  EXPECT_EQ(order.size(), 20U + 2U * 2U);
  EXPECT_EQ(conclude(plan, result).exit_code, ExitCode::invalid);
}

TEST(Schedule, KnowsAfterEachTrialWhatAWholeLookAtTheResultWouldFind) {
  Plan plan = small_plan();
  result::Result result = nothing_of(plan);
  Schedule schedule(plan, result);
  std::size_t trials = 0;
  while (!schedule.due().empty()) {
    if (++trials == 2) {
      plan.trials.push_back({.cell = 0, .block = 99});
      schedule.grow();
    }
    const DueTrial due = schedule.due().front();
    record(result, plan, due, trials % 3 == 0 ? TrialStatus::invalid : TrialStatus::ok);
    schedule.take({&due, 1}, {&result.find_cell(plan.cells[due.trial.cell].id)->trials.back(), 1});
    const std::vector<DueTrial> whole = due_trials(plan, result);
    ASSERT_EQ(schedule.due().size(), whole.size()) << "after trial " << trials;
    for (std::size_t i = 0; i < whole.size(); ++i) {
      EXPECT_EQ(schedule.due()[i].trial.block, whole[i].trial.block);
      EXPECT_EQ(schedule.due()[i].repeat, whole[i].repeat);
    }
  }
  EXPECT_GT(trials, plan.trials.size()) << "some are measured again";
}

// Two strategies that take turns in two blocks, the first of them with its twin.
Plan plan_of_turns() {
  Plan plan;
  for (const auto strategy : {"s", "t"}) {
    PlannedCell cell{.workload = &workloads::fetch_workload(), .strategy = strategy};
    cell.work.parameters = workloads::Parameters(cell.workload->info().parameters);
    set_names(cell);
    plan.cells.push_back(cell);
  }
  plan.settings.trials = 2;
  plan.trials = order_trials(plan, false);
  return plan;
}

TEST(Schedule, MeasuresAllThatTakeTurnsInOneSitting) {
  const Plan plan = plan_of_turns();
  const Schedule schedule(plan, nothing_of(plan));
  const std::vector<DueTrial> next = schedule.next();
  ASSERT_EQ(next.size(), 3U);
  EXPECT_EQ(schedule.due().size(), 6U);
  for (const DueTrial& due : next) EXPECT_EQ(due.trial.block, next.front().trial.block);
  EXPECT_EQ(
      std::ranges::count(next, TrialKind::twin, [](const DueTrial& due) { return due.trial.kind; }),
      1);
}

TEST(Schedule, MeasuresATornSittingAgainAsAWhole) {
  const Plan plan = plan_of_turns();
  result::Result result = nothing_of(plan);
  const std::vector<DueTrial> first = Schedule(plan, result).next();
  record(result, plan, first[0], TrialStatus::ok);  // the runner was killed before the others
  const std::vector<DueTrial> again = Schedule(plan, result).next();
  ASSERT_EQ(again.size(), 3U);
  for (const DueTrial& due : again) {
    EXPECT_EQ(due.repeat, 1U);
    record(result, plan, due, TrialStatus::ok);
  }
  EXPECT_EQ(Schedule(plan, result).due().size(), 3U);
  std::size_t valid = 0;
  for (const result::Cell& cell : result.cells) {
    valid += static_cast<std::size_t>(std::ranges::count(cell.trials, true, &result::Trial::valid));
  }
  EXPECT_EQ(valid, 3U) << "what was measured before the sitting was torn does not count";
}

TEST(Schedule, AParticipantThatDiesCostsNeitherTheOthersNorTheSitting) {
  const Plan plan = plan_of_turns();
  result::Result result = nothing_of(plan);
  const std::vector<DueTrial> first = Schedule(plan, result).next();
  for (std::size_t i = 0; i < first.size(); ++i) {
    record(result, plan, first[i], i == 0 ? TrialStatus::crashed : TrialStatus::ok);
  }
  const std::vector<DueTrial> due = Schedule(plan, result).due();
  ASSERT_EQ(due.size(), 3U);
  EXPECT_EQ(due.front().repeat, 0U);
}

TEST(Schedule, NoticesRecordsThatAreTwiceOrNotPlanned) {
  const Plan plan = small_plan();
  result::Result result = nothing_of(plan);
  for (const PlannedTrial& trial : plan.trials) {
    record(result, plan, {.trial = trial}, TrialStatus::ok);
  }
  record(result, plan, {.trial = plan.trials.front()}, TrialStatus::ok);
  record(result, plan, {.trial = {.cell = 0, .block = 17}}, TrialStatus::ok);
  EXPECT_EQ(record_faults(plan, result).size(), 2u);
  EXPECT_EQ(conclude(plan, result).exit_code, ExitCode::invalid);
}

TEST(Schedule, AnUnsupportedStrategyCountsOnlyWhenItWasNamed) {
  Plan plan;
  plan.settings.turns = false;
  plan.cells = {{.id = "a", .named = false, .unsupported = "EPERM"}};
  result::Result result = nothing_of(plan);
  EXPECT_EQ(conclude(plan, result).exit_code, ExitCode::done);
  plan.cells[0].named = true;
  EXPECT_EQ(conclude(plan, result).exit_code, ExitCode::incomplete);
}

}  // namespace
}  // namespace asyncbench::run
