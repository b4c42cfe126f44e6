#include "run/plan.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>

#include "fakes.hpp"
#include "run/header.hpp"
#include "run/suite.hpp"
#include "workloads/http_client.hpp"

namespace asyncbench::run {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr unsigned kFarTooManyThreads = 1024;

std::vector<std::string> ids_of(const Plan& plan) {
  std::vector<std::string> ids;
  for (const PlannedCell& cell : plan.cells) ids.push_back(cell.id);
  return ids;
}

TEST(Plan, CrossesStrategiesWithParameterLists) {
  RunOptions options = options_for("fetch");
  options.strategies = {"both", "other"};
  options.parameters = lists_of({{"connections", "1,64"}});
  EXPECT_THAT(ids_of(make_plan(options, fakes(), false)),
              ElementsAre("fetch/strategy:both/connections:1/body_bytes:12",
                          "fetch/strategy:other/connections:1/body_bytes:12",
                          "fetch/strategy:both/connections:64/body_bytes:12",
                          "fetch/strategy:other/connections:64/body_bytes:12"));
}

TEST(Plan, NamesThreadsWhereTheyAreSwept) {
  RunOptions options = options_for("serve");
  options.strategies = {"both"};
  options.settings.set(&Settings::threads, {1, 2});
  options.settings.set(&Settings::peer_threads, {3});
  Plan plan = make_plan(options, fakes(), false);
  EXPECT_THAT(ids_of(plan),
              ElementsAre("serve/strategy:both/connections:64/body_bytes:12/threads:1",
                          "serve/strategy:both/connections:64/body_bytes:12/threads:2"));
  EXPECT_EQ(plan.cells[1].point, "serve/strategy:*/connections:64/body_bytes:12/threads:2");
  EXPECT_EQ(plan.cells[1].threads, (Threads{.subject = 2, .peer = 3}));

  options.settings.set(&Settings::peer_threads, {1, 2});
  plan = make_plan(options, fakes(), false);
  ASSERT_EQ(plan.cells.size(), 4U);
  EXPECT_EQ(plan.cells[3].id,
            "serve/strategy:both/connections:64/body_bytes:12/threads:2/peer_threads:2");

  options.settings.set(&Settings::threads, {2});
  options.settings.set(&Settings::peer_threads, {1});
  EXPECT_THAT(ids_of(make_plan(options, fakes(), false)),
              ElementsAre("serve/strategy:both/connections:64/body_bytes:12"));
}

TEST(Plan, SweepsNoThreadsOfAPeerThatIsNotThere) {
  RunOptions options = options_for("timers");
  options.strategies = {"both"};
  options.settings.set(&Settings::peer_threads, {1, 2});
  EXPECT_EQ(make_plan(options, fakes(), false).cells.size(), 1U);
}

TEST(Plan, SaysWhatItsThreadsLackCpusFor) {
  RunOptions options = options_for("serve");
  options.strategies = {"both"};
  options.settings.set(&Settings::threads, {1, kFarTooManyThreads});
  const Plan plan = make_plan(options, fakes(), false);
  ASSERT_EQ(plan.notes.size(), 2U);
  EXPECT_EQ(plan.notes[0].code, kThreadsExceedCpus);
  EXPECT_EQ(plan.notes[1].code, kCpusShared);
  EXPECT_EQ(header_of(plan, fakes()).run.notes, plan.notes);
}

TEST(Plan, OfASweepOfThreadsComesBackFromTheResultsHeader) {
  RunOptions options = options_for("serve");
  options.strategies = {"both", "other"};
  options.settings.set(&Settings::threads, {1, 2});
  options.settings.set(&Settings::peer_threads, {1, 3});
  const Registry registry = fakes();
  const Plan plan = make_plan(options, registry, true);
  result::Result header = header_of(plan, registry);
  const Plan again = plan_of(header);
  EXPECT_EQ(ids_of(again), ids_of(plan));
  for (std::size_t i = 0; i < plan.cells.size(); ++i) {
    EXPECT_EQ(again.cells[i].threads, plan.cells[i].threads);
    EXPECT_EQ(again.cells[i].point, plan.cells[i].point);
    const auto cpus = [&](const Plan& of) {
      return pinning_for(of.settings.pin, of.cells[i].threads).subject;
    };
    EXPECT_EQ(cpus(again), cpus(plan));
  }
  for (auto& [name, value] : header.cells[0].parameters) {
    if (name == "threads") value = std::int64_t{5};
  }
  EXPECT_THAT([&] { plan_of(header); }, ThrowsMessage<UsageError>(HasSubstr("threads: 5 is none")));
}

TEST(Plan, LeavesOutOfAllWhatDoesNotWantToBeIn) {
  const Plan plan = make_plan(options_for("fetch"), fakes(), false);
  EXPECT_EQ(plan.cells.size(), 3u);
  EXPECT_FALSE(plan.cells[0].named);
}

TEST(Plan, KeepsUnsupportedCellsWithTheReasonAndWithoutTrials) {
  RunOptions options = options_for("serve");
  options.strategies = {"client_only", "both"};
  const Plan plan = make_plan(options, fakes(), false);
  EXPECT_EQ(plan.cells[0].unsupported, "client_only offers no server side");
  EXPECT_TRUE(plan.cells[0].named);
  for (const PlannedTrial& trial : plan.trials) EXPECT_EQ(trial.cell, 1u);
}

TEST(Plan, HasEveryCellOnceInEveryBlockInAnOrderThatTheSeedDecides) {
  RunOptions options = options_for("fetch");
  options.parameters = lists_of({{"connections", "1..32*2"}});
  options.settings.set(&Settings::trials, 4);
  options.settings.set(&Settings::seed, 7);
  options.settings.set(&Settings::turns, false);
  const Plan plan = make_plan(options, fakes(), true);
  const std::size_t cells = plan.cells.size();
  ASSERT_EQ(plan.trials.size(), cells * 5);
  std::set<std::vector<std::size_t>> orders;
  for (unsigned block = 0; block < 4; ++block) {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < cells; ++i) {
      const PlannedTrial& trial = plan.trials[block * cells + i];
      EXPECT_EQ(trial.block, block);
      order.push_back(trial.cell);
    }
    orders.insert(order);
    std::ranges::sort(order);
    EXPECT_EQ(std::ranges::adjacent_find(order), order.end());
  }
  EXPECT_EQ(orders.size(), 4u);
  EXPECT_EQ(plan.trials.back().kind, result::TrialKind::count);

  const auto order_of = [&] {
    std::vector<std::size_t> order;
    for (const PlannedTrial& trial : make_plan(options, fakes(), true).trials) {
      order.push_back(trial.cell);
    }
    return order;
  };
  const std::vector<std::size_t> seven = order_of();
  EXPECT_EQ(seven, order_of());
  options.settings.set(&Settings::seed, 8);
  EXPECT_NE(seven, order_of());
}

TEST(Plan, ProfilesEveryTimedTrialBesideIt) {
  RunOptions options = options_for("fetch");
  options.strategies = {"both", "other"};
  options.settings.set(&Settings::trials, 8);
  options.profile = measure::ProfileOptions{.frequency_hz = 99};
  const Plan plan = make_plan(options, fakes(), false);
  EXPECT_EQ(plan.settings.profile, options.profile);
  // And for each strategy one in which its calls are counted, and one that is traced.
  constexpr std::size_t kSampled = 2 * 2 * 8;
  ASSERT_EQ(plan.trials.size(), kSampled + 2 * 2);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(plan.trials[kSampled + i].cell, i % 2);
    EXPECT_EQ(plan.trials[kSampled + i].kind,
              i < 2 ? result::TrialKind::count : result::TrialKind::trace);
  }
  int profiled_first = 0;
  for (std::size_t i = 0; i < kSampled; i += 2) {
    const PlannedTrial& one = plan.trials[i];
    const PlannedTrial& two = plan.trials[i + 1];
    EXPECT_EQ(one.cell, two.cell);
    EXPECT_EQ(one.block, two.block);
    EXPECT_NE(one.kind, two.kind);
    profiled_first += one.kind == result::TrialKind::profile;
  }
  EXPECT_GT(profiled_first, 0);
  EXPECT_LT(profiled_first, 16);
}

TEST(Plan, FlagsOverrideTheSuite) {
  RunOptions options = options_for("quick");
  options.strategies = {"both"};
  options.settings.set(&Settings::duration, 100ms);
  options.parameters = lists_of({{"connections", "3"}});
  const Plan plan = make_plan(options, fakes(), false);
  EXPECT_EQ(plan.settings.duration, 100ms);
  EXPECT_EQ(plan.settings.warmup, 300ms);
  EXPECT_EQ(plan.settings.trials, 6u);
  for (const PlannedCell& cell : plan.cells)
    EXPECT_EQ(cell.work.parameters.number("connections"), 3u);
}

TEST(Plan, LetsTheCellsOfAPointSitTogetherWithTheTwinOfItsReference) {
  RunOptions options = options_for("fetch");
  options.parameters = lists_of({{"connections", "1,8,64"}});
  options.settings.set(&Settings::trials, 3);
  options.settings.set(&Settings::against, "both");
  const Plan plan = make_plan(options, fakes(), false);
  const std::vector<Point> points = points_of(plan);
  ASSERT_EQ(points.size(), 3U);
  const std::size_t members = points.front().cells.size() + 1;
  std::span<const PlannedTrial> left = plan.trials;
  std::size_t sittings = 0;
  for (; !left.empty(); ++sittings) {
    const std::size_t together = plan.sit_together(left);
    ASSERT_EQ(together, members);
    const auto sitting = left.first(together);
    const std::string point = plan.cells[sitting.front().cell].point;
    for (const PlannedTrial& trial : sitting) {
      EXPECT_EQ(plan.cells[trial.cell].point, point);
      EXPECT_EQ(trial.block, sitting.front().block);
    }
    const auto is_twin = [](const PlannedTrial& trial) {
      return trial.kind == result::TrialKind::twin;
    };
    ASSERT_EQ(std::ranges::count_if(sitting, is_twin), 1);
    EXPECT_EQ(plan.cells[std::ranges::find_if(sitting, is_twin)->cell].strategy, "both");
    left = left.subspan(together);
  }
  EXPECT_EQ(sittings, 3U * 3U);
}

TEST(Plan, PutsCellsInWholeWindowsIntoPointsToo) {
  RunOptions options = options_for("fetch");
  options.parameters = lists_of({{"connections", "1,8,64,512"}});
  options.settings.set(&Settings::turns, false);
  const Plan plan = make_plan(options, fakes(), false);
  const std::vector<Point> points = points_of(plan);
  ASSERT_EQ(points.size(), 4U);
  for (const Point& point : points) {
    EXPECT_FALSE(point.in_turns);
    EXPECT_EQ(point.cells.size(), plan.cells.size() / 4);
    for (const std::size_t cell : point.cells) EXPECT_EQ(plan.cells[cell].point, point.name);
  }
}

TEST(Plan, OfTheQuickSuiteTakesLessThanNinetySeconds) {
  // Whatever strategies it names, all of them supported.
  Registry registry;
  for (const SuiteEntry& entry : load_suite("quick").cells) {
    for (const std::string& name : entry.strategies) {
      if (registry.find(name) == nullptr) {
        registry.add(std::make_unique<FakeStrategy>(name, true, true));
      }
    }
  }
  EXPECT_LT(make_plan(options_for("quick"), registry, true).expected_time(), 90s);
}

TEST(Plan, CountsTheCooldownOfEveryTrialInTheExpectedTime) {
  RunOptions options = options_for("fetch");
  options.strategies = {"both"};
  options.settings.set(&Settings::trials, 4);
  const Duration without = make_plan(options, fakes(), false).expected_time();
  options.settings.set(&Settings::cooldown, 5s);
  EXPECT_EQ(make_plan(options, fakes(), false).expected_time() - without, 4 * 5s);
}

TEST(Plan, TakesAPatternForAStrategyAndItsVariants) {
  Registry registry = fakes();
  registry.add(std::make_unique<FakeStrategy>("both:one", false, true));
  registry.add(std::make_unique<FakeStrategy>("both:two", false, true));
  RunOptions options = options_for("fetch");
  options.strategies = {"both:*"};
  const Plan plan = make_plan(options, registry, false);
  std::vector<std::string> names;
  for (const PlannedCell& cell : plan.cells) names.push_back(cell.strategy);
  EXPECT_THAT(names, ElementsAre("both", "both:one", "both:two"));
  EXPECT_FALSE(plan.cells[1].named);
  options.strategies = {"bath:*"};
  EXPECT_THAT([&] { make_plan(options, registry, false); },
              ThrowsMessage<UsageError>(HasSubstr("bath:*")));
}

TEST(Plan, ShowsOnlyParametersThatDifferFromTheDefaults) {
  const auto id = [](const std::map<std::string, std::string>& parameters) {
    return make_cell("fetch", "both", parameters, fakes()).id;
  };
  EXPECT_EQ(id({}), "fetch/strategy:both/connections:64/body_bytes:12");
  EXPECT_EQ(id({{"keep_alive", "off"}, {"server_delay", "10ms"}}),
            "fetch/strategy:both/connections:64/body_bytes:12/server_delay:10ms/keep_alive:off");
  RunOptions options = options_for("fetch");
  options.strategies = {"both"};
  options.settings.set(&Settings::urls, {"http://127.0.0.1/"});
  EXPECT_THAT(ids_of(make_plan(options, fakes(), false)),
              ElementsAre("fetch/strategy:both/connections:64"));
}

TEST(Plan, RefusesWhatCannotBeMeant) {
  const auto expect = [](const RunOptions& options, const char* what) {
    EXPECT_THAT([&] { make_plan(options, fakes(), false); },
                ThrowsMessage<UsageError>(HasSubstr(what)));
  };
  expect(options_for("fetsh"), "did you mean fetch?");
  RunOptions options = options_for("fetch");
  options.strategies = {"bot"};
  expect(options, "did you mean both?");
  options = options_for("fetch");
  options.settings.set(&Settings::trials, 0);
  expect(options, "trials");
  options = options_for("fetch");
  options.parameters = lists_of({{"arrivals", "poisson:100"}, {"think_time", "1ms"}});
  expect(options, "think_time");
  options = options_for("serve");
  options.settings.set(&Settings::urls, {"http://127.0.0.1/"});
  expect(options, "does not go with serve, but with fetch");
  options = options_for("fetch");
  options.settings.set(&Settings::urls, {"http://127.0.0.1/"});
  options.parameters = lists_of({{"body_bytes", "1k"}});
  expect(options, "a server of --url decides it");
  options = options_for("fetch");
  options.settings.set(&Settings::peer_strategy, "client_only");
  expect(options, "client_only offers no server side");
  options = options_for("fetch");
  options.settings.set(&Settings::pin, Pinning{.mode = Pinning::Mode::listed, .subject = {4096}});
  expect(options, "CPU 4096");
}

TEST(Plan, ComesBackFromTheResultsHeader) {
  RunOptions options = options_for("quick");
  options.strategies = {"all", "client_only"};
  options.parameters = lists_of({{"server_delay", "exp:2ms"}, {"keep_alive", "off"}});
  options.settings.set(&Settings::seed, 99);
  options.settings.set(&Settings::threads, {2});
  options.settings.set(&Settings::cooldown, 250ms);
  options.settings.set(&Settings::allowed_hosts, {"a.example", "b.example"});
  const Registry registry = fakes();
  const Plan plan = make_plan(options, registry, true);
  const Plan again = plan_of(header_of(plan, registry));
  EXPECT_EQ(ids_of(again), ids_of(plan));
  ASSERT_EQ(again.trials.size(), plan.trials.size());
  for (std::size_t i = 0; i < plan.trials.size(); ++i) {
    EXPECT_EQ(again.trials[i].cell, plan.trials[i].cell);
    EXPECT_EQ(again.trials[i].kind, plan.trials[i].kind);
  }
  for (std::size_t i = 0; i < plan.cells.size(); ++i) {
    EXPECT_EQ(again.cells[i].named, plan.cells[i].named);
    EXPECT_EQ(again.cells[i].unsupported, plan.cells[i].unsupported);
    EXPECT_EQ(again.cells[i].work.parameters, plan.cells[i].work.parameters);
  }
  EXPECT_EQ(again.settings.threads, Counts{2});
  EXPECT_EQ(again.cells.front().threads, (Threads{.subject = 2, .peer = 1}));
  EXPECT_EQ(again.settings.cooldown, 250ms);
  EXPECT_EQ(again.settings.seed, 99u);
  EXPECT_EQ(again.settings.warmup, plan.settings.warmup);
  EXPECT_EQ(again.settings.pin.subject, plan.settings.pin.subject);
  EXPECT_EQ(again.settings.allowed_hosts, plan.settings.allowed_hosts);
}

// A journal is a file that anybody may have written.
TEST(Plan, RefusesNumbersOfAHeaderThatNoRunCanHave) {
  const Registry registry = fakes();
  const Plan plan = make_plan(options_for("fetch"), registry, true);
  const auto refuses = [&](auto change, const char* why) {
    result::Result header = header_of(plan, registry);
    change(header.plan);
    EXPECT_THAT([&] { plan_of(header); }, ThrowsMessage<UsageError>(HasSubstr(why)));
  };
  const auto option = [](const char* name, std::int64_t value) {
    return [=](result::StoredPlan& stored) {
      for (auto& [known, had] : stored.options) {
        if (known == name) had = value;
      }
    };
  };
  for (const std::int64_t trials : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{4'000'000'000},
                                    (std::int64_t{1} << 32U) + 6}) {
    refuses([&](result::StoredPlan& stored) { stored.trials = trials; }, "trials: ");
  }
  refuses([](result::StoredPlan& stored) { stored.window_ns = 0; }, "duration: ");
  refuses([](result::StoredPlan& stored) { stored.grace_ns = -1; }, "grace: ");
  refuses(option("threads", 0), "threads: ");
  refuses(option("threads", 4'000'000'000), "threads: ");
  refuses(option("rounds", 4'000'000'000), "rounds: ");
}

}  // namespace
}  // namespace asyncbench::run
