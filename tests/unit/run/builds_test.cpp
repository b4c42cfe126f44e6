#include "run/builds.hpp"

#include <gmock/gmock.h>

#include <map>
#include <set>

#include "fakes.hpp"
#include "run/header.hpp"
#include "run/schedule.hpp"

namespace asyncbench::run {
namespace {

std::vector<DueTrial> due_trials(const Plan& plan, const result::Result& recorded) {
  return Schedule(plan, recorded).due();
}

using result::TrialKind;

const Builds kBuilds = {.base = "/old", .candidate = "/new", .sentinel = "/old-again"};

Plan plan_of_two_cells(const std::string& connections = "64") {
  const Registry registry = fakes();
  RunOptions options = options_for("fetch");
  options.strategies = {"both", "other"};
  options.parameters = lists_of({{"connections", connections}});
  return make_plan(options, registry, false);
}

std::string build_of(const Plan& plan, const PlannedTrial& trial) {
  return plan.cells[trial.cell].build;
}

TEST(Builds, PlayTheSubjectOfTheirCellsAndTheBaseEveryPeer) {
  const Plan plan = plan_of_builds(plan_of_two_cells(), kBuilds, 10, false);
  EXPECT_EQ(plan.settings.peer_program, "/old");
  std::map<std::string, std::string> programs;
  for (const PlannedCell& cell : plan.cells) programs[cell.id] = cell.program;
  EXPECT_EQ(programs.at("fetch/strategy:both/build:base/connections:64/body_bytes:12"), "/old");
  EXPECT_EQ(programs.at("fetch/strategy:both/build:candidate/connections:64/body_bytes:12"),
            "/new");
  EXPECT_EQ(programs.at("fetch/strategy:both/build:sentinel/connections:64/body_bytes:12"),
            "/old-again");
  EXPECT_FALSE(
      programs.contains("fetch/strategy:other/build:sentinel/connections:64/body_bytes:12"))
      << "one sentinel is enough";
}

TEST(Builds, OfAPluginAreEachLoadedInTheirCellsAndTheBaseByEveryPeer) {
  Plan plan = plan_of_two_cells();
  plan.settings.plugins = {"/shared.so", "/old.so"};
  const Builds builds = {
      .base = "/old.so", .candidate = "/new.so", .sentinel = "/again.so", .are_plugins = true};
  const Plan paired = plan_of_builds(plan, builds, 10, false);
  EXPECT_THAT(paired.settings.plugins, testing::ElementsAre("/shared.so"));
  EXPECT_EQ(paired.settings.peer_plugin, "/old.so");
  EXPECT_EQ(paired.settings.peer_program, "");
  std::set<std::string> plugins;
  for (const PlannedCell& cell : paired.cells) {
    EXPECT_EQ(cell.program, "");
    plugins.insert(cell.build + cell.plugin);
  }
  EXPECT_THAT(plugins,
              testing::ElementsAre("base/old.so", "candidate/new.so", "sentinel/again.so"));
}

TEST(Builds, OfACellAreMeasuredNextToEachOtherInEveryBlock) {
  const Plan plan = plan_of_builds(plan_of_two_cells(), kBuilds, 10, false);
  // Two cells, the first with a sentinel: five trials a block.
  ASSERT_EQ(plan.trials.size(), 50U);
  std::set<std::string> first_builds;
  for (unsigned block = 0; block < 10; ++block) {
    std::vector<std::string> strategies;
    for (std::size_t i = 0; i < 5; ++i) {
      const PlannedTrial& trial = plan.trials[block * 5 + i];
      EXPECT_EQ(trial.block, block);
      strategies.push_back(plan.cells[trial.cell].strategy);
    }
    const std::size_t changes = static_cast<std::size_t>(strategies[0] != strategies[1]) +
                                static_cast<std::size_t>(strategies[1] != strategies[2]) +
                                static_cast<std::size_t>(strategies[2] != strategies[3]) +
                                static_cast<std::size_t>(strategies[3] != strategies[4]);
    EXPECT_EQ(changes, 1U) << "block " << block;
    first_builds.insert(build_of(plan, plan.trials[block * 5]));
  }
  EXPECT_GT(first_builds.size(), 1U) << "the order within a cell is random";
}

TEST(Builds, AreCountedFirstWithOneRequestAtATime) {
  const Plan plan = plan_of_builds(plan_of_two_cells(), kBuilds, 10, true);
  constexpr std::size_t kCounts = 2 * 2 * kCountTrials;
  for (std::size_t i = 0; i < plan.trials.size(); ++i) {
    const bool count = plan.trials[i].kind == TrialKind::count;
    EXPECT_EQ(count, i < kCounts);
    const PlannedCell& cell = plan.cells[plan.trials[i].cell];
    EXPECT_EQ(cell.work.parameters.text("connections"), count ? "1" : "64");
    EXPECT_EQ(cell.counts_only, count);
  }
}

TEST(Builds, CountInTheCellItselfWhereItHasOneRequestAtATimeAnyway) {
  const Plan plan = plan_of_builds(plan_of_two_cells("1"), kBuilds, 10, true);
  for (const PlannedCell& cell : plan.cells) EXPECT_FALSE(cell.counts_only);
  EXPECT_EQ(plan.cells.size(), 5U);
}

TEST(Builds, GainBlocksWithoutChangingThoseTheyHave) {
  Plan grown = plan_of_builds(plan_of_two_cells(), kBuilds, 10, true);
  add_blocks(grown, 20);
  const Plan at_once = plan_of_builds(plan_of_two_cells(), kBuilds, 20, true);
  EXPECT_EQ(grown.settings.trials, 20U);
  ASSERT_EQ(grown.trials.size(), at_once.trials.size());
  for (std::size_t i = 0; i < grown.trials.size(); ++i) {
    EXPECT_EQ(grown.trials[i].cell, at_once.trials[i].cell);
    EXPECT_EQ(grown.trials[i].block, at_once.trials[i].block);
  }
  EXPECT_EQ(due_trials(grown, {}).size(), grown.trials.size());
}

TEST(Builds, AreNotStartedByAJournalAlone) {
  const Registry registry = fakes();
  const Plan plan = plan_of_builds(plan_of_two_cells(), kBuilds, 10, false);
  EXPECT_THROW(plan_of(header_of(plan, registry)), UsageError);
}

}  // namespace
}  // namespace asyncbench::run
