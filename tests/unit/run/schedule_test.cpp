#include "run/schedule.hpp"

#include <gmock/gmock.h>

#include "run/verdict.hpp"

namespace asyncbench::run {
namespace {

using result::TrialKind;
using result::TrialStatus;

// Two cells, three blocks.
Plan small_plan() {
  Plan plan;
  plan.cells = {{.id = "a"}, {.id = "b"}};
  for (unsigned block = 0; block < 3; ++block) {
    plan.trials.push_back({.cell = block % 2, .block = block});
    plan.trials.push_back({.cell = 1 - block % 2, .block = block});
  }
  return plan;
}

result::Result nothing_of(const Plan& plan) {
  result::Result result;
  for (const Cell& cell : plan.cells) result.cells.push_back({.id = cell.id});
  return result;
}

void record(result::Result& result, const Plan& plan, const DueTrial& due, TrialStatus status) {
  result::Trial trial;
  trial.block = due.trial.block;
  trial.repeat = due.repeat;
  trial.kind = due.trial.kind;
  trial.status = status;
  trial.valid = status == TrialStatus::ok;
  trial.reason = "as told";
  result.find_cell(plan.cells[due.trial.cell].id)->trials.push_back(trial);
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
  plan.cells = {{.id = "a", .named = false, .unsupported = "EPERM"}};
  result::Result result = nothing_of(plan);
  EXPECT_EQ(conclude(plan, result).exit_code, ExitCode::done);
  plan.cells[0].named = true;
  EXPECT_EQ(conclude(plan, result).exit_code, ExitCode::incomplete);
}

}  // namespace
}  // namespace asyncbench::run
