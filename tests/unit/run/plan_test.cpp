#include "run/plan.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sched.h>

#include <algorithm>
#include <set>

#include "fakes.hpp"
#include "run/header.hpp"
#include "run/open_loop.hpp"
#include "run/plan_cpus.hpp"
#include "run/resuming.hpp"
#include "run/selection.hpp"
#include "run/suite.hpp"
#include "workloads/http_client.hpp"

namespace asyncbench::run {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

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

TEST(Plan, TakesWindowAndRatesFromStages) {
  RunOptions options = options_for("serve");
  options.strategies = {"both", "other"};
  options.settings.read("stages", "10s:1000,10s:3000");
  const Plan plan = make_plan(options, fakes(), false);
  EXPECT_EQ(plan.settings.duration, 20s);
  EXPECT_EQ(plan.cells[0].id,
            "serve/strategy:both/connections:64/body_bytes:12/arrivals:poisson:2000");
  EXPECT_FALSE(plan.takes_turns(plan.cells[0], result::TrialKind::timed));
  // What is stored says all of it, for --resume.
  EXPECT_EQ(plan_of(header_of(plan, fakes())).settings.stages, plan.settings.stages);

  options.parameters = lists_of({{"arrivals", "constant"}});
  EXPECT_THAT(make_plan(options, fakes(), false).cells[0].id,
              testing::EndsWith("/arrivals:constant:2000"));
  options.parameters = lists_of({{"arrivals", "poisson:5"}});
  EXPECT_THAT([&] { make_plan(options, fakes(), false); },
              ThrowsMessage<UsageError>(HasSubstr("--stages have the rates")));
}

TEST(Plan, NamesThreadsWhereTheyAreSwept) {
  RunOptions options = options_for("serve");
  options.strategies = {"both"};
  options.setting_lists["threads"] = {"1", "2"};
  options.settings.set(&Settings::peer_threads, 3);
  Plan plan = make_plan(options, fakes(), false);
  EXPECT_THAT(ids_of(plan),
              ElementsAre("serve/strategy:both/connections:64/body_bytes:12/threads:1",
                          "serve/strategy:both/connections:64/body_bytes:12/threads:2"));
  EXPECT_EQ(plan.cells[1].point, "serve/strategy:*/connections:64/body_bytes:12/threads:2");
  EXPECT_EQ(threads_of(settings_of(plan, plan.cells[1])), (Threads{.subject = 2, .peer = 3}));
  EXPECT_EQ(plan.cells[1].id.find("peer_threads"), std::string::npos);

  options = options_for("serve");
  options.strategies = {"both"};
  options.setting_lists["threads"] = {"1", "2"};
  options.setting_lists["peer_threads"] = {"1", "2"};
  plan = make_plan(options, fakes(), false);
  ASSERT_EQ(plan.cells.size(), 4U);
  EXPECT_EQ(plan.cells[3].id,
            "serve/strategy:both/connections:64/body_bytes:12/threads:2/peer_threads:2");

  options.setting_lists.clear();
  options.settings.set(&Settings::threads, 2);
  EXPECT_THAT(ids_of(make_plan(options, fakes(), false)),
              ElementsAre("serve/strategy:both/connections:64/body_bytes:12"));
}

TEST(Plan, RefusesListedSettingsBeyondTheirRange) {
  for (const char* value : {"0", "2000"}) {
    RunOptions options = options_for("serve");
    options.setting_lists["threads"] = {"1", value};
    EXPECT_THAT([&] { make_plan(options, fakes(), false); },
                ThrowsMessage<UsageError>(
                    HasSubstr("threads: " + std::string(value) + " is not between 1 and 1024")));
  }
}

TEST(Plan, SweepsNoThreadsOfAPeerThatIsNotThere) {
  RunOptions options = options_for("timers");
  options.strategies = {"both"};
  options.setting_lists["peer_threads"] = {"1", "2"};
  EXPECT_EQ(make_plan(options, fakes(), false).cells.size(), 1U);
}

TEST(Plan, SaysWhatItsThreadsLackCpusFor) {
  RunOptions options = options_for("serve");
  options.strategies = {"both"};
  options.setting_lists["threads"] = {"1", "1024"};
  const Plan plan = make_plan(options, fakes(), false);
  ASSERT_EQ(plan.notes.size(), 2U);
  EXPECT_EQ(plan.notes[0].code, kThreadsExceedCpus);
  EXPECT_EQ(plan.notes[1].code, kCpusShared);
  EXPECT_EQ(header_of(plan, fakes()).run.notes, plan.notes);
}

TEST(Plan, OfASweepOfThreadsComesBackFromTheResultsHeader) {
  RunOptions options = options_for("serve");
  options.strategies = {"both", "other"};
  options.setting_lists["threads"] = {"1", "2"};
  options.setting_lists["peer_threads"] = {"1", "3"};
  const Registry registry = fakes();
  const Plan plan = make_plan(options, registry, true);
  result::Result header = header_of(plan, registry);
  const Plan again = plan_of(header);
  EXPECT_EQ(ids_of(again), ids_of(plan));
  for (std::size_t i = 0; i < plan.cells.size(); ++i) {
    EXPECT_EQ(again.cells[i].point, plan.cells[i].point);
    const Threads threads = threads_of(settings_of(plan, plan.cells[i]));
    EXPECT_EQ(threads_of(settings_of(again, again.cells[i])), threads);
    const auto cpus = [&](const Plan& of) { return pinning_for(of.settings.pin, threads).subject; };
    EXPECT_EQ(cpus(again), cpus(plan));
  }
  for (auto& [name, value] : header.cells[0].parameters) {
    if (name == "threads") value = std::int64_t{0};
  }
  EXPECT_THAT([&] { plan_of(header); },
              ThrowsMessage<UsageError>(HasSubstr("threads: 0 is not between 1 and 1024")));
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

TEST(Plan, RefusesAStrategyThatNeedsMoreCpusThanItsSideHas) {
  Registry registry = fakes();
  registry.add(std::make_unique<FakeStrategy>("greedy", CPU_SETSIZE + 1));
  RunOptions options = options_for("serve");
  options.strategies = {"greedy", "both"};
  options.settings.set(&Settings::pin, Pinning{.mode = Pinning::Mode::none});
  const Plan plan = make_plan(options, registry, false);
  EXPECT_THAT(plan.cells[0].unsupported, HasSubstr("greedy needs 1025 CPUs"));
  EXPECT_EQ(plan.cells[1].unsupported, "");
  options.settings.set(&Settings::peer_strategy, std::string("greedy"));
  EXPECT_THAT([&] { make_plan(options, registry, false); },
              ThrowsMessage<UsageError>(HasSubstr("peer strategy: greedy needs")));
}

TEST(Plan, SaysHowToGiveAPinnedSideAnotherCpu) {
  if (usable_cpus().size() < 2) GTEST_SKIP() << "one CPU";
  const FakeStrategy greedy("greedy", 2);
  const unsigned first = usable_cpus()[0];
  const unsigned second = usable_cpus()[1];
  const Pinning one{.mode = Pinning::Mode::listed, .subject = {second}, .peer = {first}};
  EXPECT_EQ(has_cpus(greedy, "subject", one).reason,
            fmt::format("greedy needs 2 CPUs, and the subject has CPU {} alone; use --pin "
                        "subject={}+{}",
                        second, first, second));
  EXPECT_TRUE(has_cpus(greedy, "subject", {.mode = Pinning::Mode::none}));
  // Where the CPUs follow the threads, more of these are the shorter way.
  const Pinning by_threads{.mode = Pinning::Mode::automatic, .subject = {second}, .peer = {first}};
  EXPECT_THAT(has_cpus(greedy, "subject", by_threads).reason,
              HasSubstr(fmt::format("use --threads 2 or --pin subject={}+{}", first, second)));
  EXPECT_THAT(has_cpus(greedy, "peer", by_threads).reason,
              HasSubstr(fmt::format("use --peer-threads 2 or --pin peer={}+{}", first, second)));
}

TEST(Plan, SaysWhyNothingOfItRunsOnlyWhereNothingDoes) {
  Registry registry = fakes();
  registry.add(std::make_unique<FakeStrategy>("greedy", CPU_SETSIZE + 1));
  RunOptions options = options_for("serve");
  options.strategies = {"greedy", "client_only"};
  options.parameters = lists_of({{"connections", "1,2"}});
  options.settings.set(&Settings::pin, Pinning{.mode = Pinning::Mode::none});
  EXPECT_EQ(why_nothing_runs(make_plan(options, registry, false)),
            fmt::format("no strategy can run this here: greedy needs {} CPUs, and this process may "
                        "use {}; client_only offers no server side",
                        CPU_SETSIZE + 1, usable_cpus().size()));
  options.strategies.push_back("both");
  EXPECT_EQ(why_nothing_runs(make_plan(options, registry, false)), "");
  EXPECT_THAT(make_cell("serve", "greedy", {}, registry).unsupported, HasSubstr("CPUs"));
}

TEST(Plan, GoesOnOnlyWhereItsStrategiesHaveTheirCpus) {
  RunOptions options = options_for("serve");
  options.strategies = {"both"};
  options.settings.set(&Settings::pin, Pinning{.mode = Pinning::Mode::none});
  const Plan plan = make_plan(options, fakes(), false);
  EXPECT_NO_THROW(check_resumable(plan, fakes()));
  // The same strategies on a machine with too few.
  for (const auto& greedy : {plan.cells[0].strategy, plan.settings.peer_strategy}) {
    Registry elsewhere;
    elsewhere.add(std::make_unique<FakeStrategy>(greedy, CPU_SETSIZE + 1));
    for (const char* other : {"both", "other"}) {
      if (greedy != other) elsewhere.add(std::make_unique<FakeStrategy>(other, 1));
    }
    EXPECT_THAT([&] { check_resumable(plan, elsewhere); },
                ThrowsMessage<UsageError>(HasSubstr("the run cannot go on here: " + greedy)));
  }
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

TEST(Plan, ShowsHowTlsIsSpokenOnlyWhereItIs) {
  const std::string common = "fetch/strategy:both/connections:64/body_bytes:12";
  RunOptions options = options_for("fetch");
  options.strategies = {"both"};
  options.parameters = lists_of({{"tls", "off,on"}, {"tls_version", "any,1.2"}});
  EXPECT_THAT(ids_of(make_plan(options, fakes(), false)),
              ElementsAre(common, common + "/tls:on", common + "/tls:on/tls_version:1.2"));
  options.parameters = lists_of({{"tls_version", "1.2"}});
  options.settings.set(&Settings::urls, {"https://127.0.0.1/"});
  EXPECT_THAT(ids_of(make_plan(options, fakes(), false)),
              ElementsAre("fetch/strategy:both/connections:64/tls_version:1.2"));
}

// A suite of one table of cells for `serve`, with these lines.
Suite suite_with(const std::string& lines) {
  return parse_suite("[[cells]]\nworkload = \"serve\"\nconnections = 8\n" + lines, "s.toml");
}

TEST(Plan, CellsOfASuiteHaveTheirOwnPeerAndIdleCpus) {
  RunOptions options = options_for("");
  options.strategies = {"both"};
  options.settings.set(&Settings::peer_strategy, "both");
  options.suite = suite_with("cpu_idle = \"default\"\n");
  const Plan plan = make_plan(options, fakes(), false);
  EXPECT_THAT(ids_of(plan),
              ElementsAre("serve/strategy:both/connections:8/body_bytes:12/cpu_idle:default"));
  EXPECT_EQ(plan.settings.cpu_idle, CpuIdle::automatic);
  EXPECT_EQ(settings_of(plan, plan.cells[0]).cpu_idle, CpuIdle::leave);
  EXPECT_EQ(settings_of(plan, plan.cells[0]).peer_strategy, "both");

  options = options_for("");
  options.strategies = {"both", "other"};
  options.suite = suite_with("peer_strategy = [\"both\", \"other\"]\n");
  const Registry registry = fakes();
  const Plan peers = make_plan(options, registry, false);
  EXPECT_THAT(ids_of(peers),
              ElementsAre("serve/strategy:both/connections:8/body_bytes:12/peer_strategy:both",
                          "serve/strategy:other/connections:8/body_bytes:12/peer_strategy:both",
                          "serve/strategy:both/connections:8/body_bytes:12/peer_strategy:other",
                          "serve/strategy:other/connections:8/body_bytes:12/peer_strategy:other"));
  EXPECT_EQ(points_of(peers).size(), 2U) << "strategies are compared with the same peer alone";
  const Plan again = plan_of(header_of(peers, registry));
  EXPECT_EQ(ids_of(again), ids_of(peers));
  EXPECT_EQ(settings_of(again, again.cells[2]).peer_strategy, "other");
}

TEST(Plan, TheCommandLinesPeersOverrideTheSuites) {
  RunOptions options = options_for("");
  options.strategies = {"both"};
  options.suite = suite_with("peer_strategy = \"both\"\n");
  options.setting_lists["peer_strategy"] = {"both", "other"};
  EXPECT_EQ(make_plan(options, fakes(), false).cells.size(), 2U);
  options.what = "file-read";
  options.suite.reset();
  EXPECT_EQ(make_plan(options, fakes(), false).cells.size(), 1U) << "files have no other end";
  options.suite = suite_with("peer_strategy = \"both\"\n");
  options.setting_lists.clear();
  options.settings.set(&Settings::peer_strategy, "other");
  const Plan plan = make_plan(options, fakes(), false);
  EXPECT_THAT(ids_of(plan), ElementsAre("serve/strategy:both/connections:8/body_bytes:12"));
  EXPECT_EQ(settings_of(plan, plan.cells[0]).peer_strategy, "other");
}

TEST(Plan, NotesSharesOfACapacityInTheCellsThatFindIt) {
  RunOptions options = options_for("");
  options.finds_capacity = true;
  options.strategies = {"both", "other"};
  options.suite = suite_with("arrivals = [\"30%\", \"closed\", \"90%\"]\n");
  const Registry registry = fakes();
  const Plan plan = make_plan(options, registry, false);
  ASSERT_EQ(plan.cells.size(), 2U);
  EXPECT_THAT(plan.cells[0].open_loop, ElementsAre(0.3, 0.9));
  EXPECT_THAT(plan.cells[1].open_loop, ElementsAre(0.3, 0.9));
  const Plan again = plan_of(header_of(plan, registry));
  EXPECT_THAT(again.cells[1].open_loop, ElementsAre(0.3, 0.9)) << "a run goes on with them";
}

TEST(Plan, AddsOpenLoopAtTheRateThatIsFound) {
  RunOptions options = options_for("");
  options.finds_capacity = true;
  options.strategies = {"both", "other"};
  options.settings.set(&Settings::trials, 3);
  options.suite = suite_with("arrivals = [\"closed\", \"30%\"]\n");
  const Registry registry = fakes();
  Plan plan = make_plan(options, registry, false);
  EXPECT_EQ(with_open_loop(plan).cells[2].id,
            "serve/strategy:both/connections:8/body_bytes:12/arrivals:30%");
  result::Result header = header_of(plan, registry);
  const std::vector<Point> points = points_to_open(plan);
  ASSERT_EQ(points.size(), 1U);
  const std::size_t before = plan.trials.size();
  add_open_loop(plan, points[0], [](double share) {
    return load::ArrivalSpec{.kind = load::ArrivalKind::poisson, .rate_per_s = 1000 * share};
  });
  EXPECT_EQ(plan.cells[3].id,
            "serve/strategy:other/connections:8/body_bytes:12/arrivals:poisson:300");
  EXPECT_EQ(plan.trials.size() - before, 3U * 3U) << "both and a twin in each block";
  EXPECT_TRUE(points_to_open(plan).empty());
  EXPECT_TRUE(grow(header, plan, registry));
  const Plan again = plan_of(header);
  EXPECT_EQ(ids_of(again), ids_of(plan));
  EXPECT_TRUE(points_to_open(again).empty()) << "they are not added once more";
}

TEST(Plan, RefusesAShareOfACapacityThatNobodyFinds) {
  RunOptions options = options_for("serve");
  options.parameters = lists_of({{"arrivals", "30%"}});
  EXPECT_THAT([&] { make_plan(options, fakes(), false); },
              ThrowsMessage<UsageError>(HasSubstr("only run and versus")));
  options.finds_capacity = true;
  EXPECT_THAT([&] { make_plan(options, fakes(), false); },
              ThrowsMessage<UsageError>(HasSubstr("as in closed,30%")));
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
  for (const char* name : {"tls_version", "tls_resumption"}) {
    options = options_for("fetch");
    options.parameters = lists_of({{name, name == std::string("tls_version") ? "1.2" : "off"}});
    expect(options, "add --tls on, or give a https:// URL");
  }
  options = options_for("fetch");
  options.settings.set(&Settings::insecure, true);
  expect(options, "--insecure is for TLS");
  options.settings.set(&Settings::urls, {"https://127.0.0.1/"});
  options.settings.set(&Settings::ca, "/etc/hostname");
  expect(options, "leave out --ca");
  options.settings.set(&Settings::insecure, false);
  options.settings.set(&Settings::ca, "/nonexistent.pem");
  expect(options, "--ca /nonexistent.pem: No such file");
  options = options_for("fetch");
  options.settings.set(&Settings::peer_strategy, "client_only");
  expect(options, "client_only offers no server side");
  options = options_for("fetch");
  options.setting_lists["peer_strategy"] = {"both", "client_only"};
  expect(options, "client_only offers no server side");
  options.setting_lists["peer_strategy"] = {"both", "othr"};
  expect(options, "did you mean other?");
  options = options_for("fetch");
  options.settings.set(&Settings::pin, Pinning{.mode = Pinning::Mode::listed, .subject = {4096}});
  expect(options, "CPU 4096");
}

TEST(Plan, ComesBackFromTheResultsHeader) {
  RunOptions options = options_for("quick");
  options.strategies = {"all", "client_only"};
  options.parameters = lists_of({{"server_delay", "exp:2ms"}, {"keep_alive", "off"}});
  options.settings.set(&Settings::seed, 99);
  options.settings.set(&Settings::threads, 2);
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
  EXPECT_EQ(again.settings.threads, 2U);
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
