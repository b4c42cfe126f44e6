#include "run/sitting.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>

#include "workloads/all_workloads.hpp"

namespace asyncbench::run {
namespace {

using namespace std::chrono_literals;

constexpr TurnPlan kPlan{.length = 50ms, .rest = 10ms, .lead_in = 5ms, .rounds = 8};

struct Stretch {
  Time begin;
  std::size_t cell = 0;
};

std::vector<Stretch> in_order(const std::vector<measure::WindowSpan>& spans) {
  std::vector<Stretch> all;
  for (std::size_t cell = 0; cell < spans.size(); ++cell) {
    for (std::size_t turn = 0; turn < spans[cell].turns->size(); ++turn) {
      all.push_back({spans[cell].turns->begin(turn), cell});
    }
  }
  std::ranges::sort(all, {}, &Stretch::begin);
  return all;
}

TEST(LayOut, LetsNobodyWorkBesideAnother) {
  const std::vector<Stretch> all = in_order(lay_out(kPlan, 5, Time{1s}, 7));
  ASSERT_EQ(all.size(), 5U * 9U);
  for (std::size_t i = 1; i < all.size(); ++i) {
    EXPECT_GE(all[i].begin - all[i - 1].begin, kPlan.slot()) << "turn " << i;
  }
}

TEST(LayOut, GivesEveryCellOneTurnARoundInAnOrderThatChanges) {
  const std::vector<Stretch> all = in_order(lay_out(kPlan, 5, Time{1s}, 7));
  std::set<std::vector<std::size_t>> orders;
  for (std::size_t round = 0; round < 9; ++round) {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < 5; ++i) order.push_back(all[round * 5 + i].cell);
    orders.insert(order);
    std::ranges::sort(order);
    EXPECT_THAT(order, ::testing::ElementsAre(0, 1, 2, 3, 4));
  }
  EXPECT_GT(orders.size(), 5U);
}

TEST(LayOut, KeepsTheWarmUpBeforeTheWindowAndAllOtherTurnsWithTheirRestsInIt) {
  for (const measure::WindowSpan& span : lay_out(kPlan, 5, Time{1s}, 7)) {
    const measure::Turns& turns = *span.turns;
    ASSERT_EQ(turns.warm_up, 1U);
    EXPECT_LE(turns.end(0) + turns.rest, from_ns(span.start_ns));
    EXPECT_GT(turns.begin(1) - turns.rest / 4, from_ns(span.start_ns)) << "usage is read before";
    EXPECT_LE(turns.end(turns.size() - 1) + turns.rest, from_ns(*span.end_ns));
  }
}

TEST(LayOut, FollowsFromTheSeed) {
  const auto begins = [](std::uint64_t seed) {
    return lay_out(kPlan, 5, Time{1s}, seed).front().turns->begins_ns;
  };
  EXPECT_EQ(begins(7), begins(7));
  EXPECT_NE(begins(7), begins(8));
}

PlannedCell fetching(std::uint64_t connections, const std::string& server_delay) {
  PlannedCell cell{.workload = &workloads::fetch_workload()};
  cell.work.parameters = workloads::Parameters(cell.workload->info().parameters);
  cell.work.parameters.put("connections", connections);
  cell.work.parameters.set("server_delay", server_delay);
  return cell;
}

TEST(TurnPlan, LeavesTimeForWhatIsInFlight) {
  const TurnPlan few = turn_plan({}, fetching(1, "0"));
  EXPECT_EQ(few.length, 50ms);
  EXPECT_EQ(few.rounds, 10U);
  const TurnPlan many = turn_plan({}, fetching(2400, "0"));
  EXPECT_GE(many.rest, 80ms);
  EXPECT_GE(many.length, 10 * many.rest);
  const TurnPlan thousands = turn_plan({}, fetching(10'000, "0"));
  EXPECT_GE(thousands.rest, 400ms);
  EXPECT_EQ(thousands.length, 1s);
  EXPECT_EQ(thousands.rounds, 2U);
  const TurnPlan slow = turn_plan({}, fetching(1, "20ms"));
  EXPECT_GE(slow.rest, 60ms);
  EXPECT_GE(slow.length, 10 * slow.rest);
}

TEST(TurnPlan, DoesAsItIsTold) {
  const TurnPlan plan = turn_plan({.turn = 20ms, .rest = 3ms, .rounds = 50}, fetching(64, "0"));
  EXPECT_EQ(plan.length, 20ms);
  EXPECT_EQ(plan.rest, 3ms);
  EXPECT_EQ(plan.rounds, 50U);
  EXPECT_EQ(turn_plan({.duration = 100ms}, fetching(64, "0")).rounds, 2U);
}

result::Result recorded(const Plan& plan, std::uint64_t overran, Duration took) {
  result::Trial trial;
  trial.turns = {.rest_ns = to_ns(Time{10ms}), .overran = overran, .rounds = {{.requests = 1000}}};
  trial.service_time = {.p99_9_ns = took.count()};
  result::Result result;
  result.cells.push_back({.id = plan.cells.front().id, .trials = {trial}});
  return result;
}

class LengthenRests : public ::testing::Test {
 protected:
  LengthenRests() {
    for (const char* strategy : {"epoll", "asio"}) {
      PlannedCell cell = fetching(1, "0");
      cell.strategy = strategy;
      set_names(cell);
      plan.cells.push_back(std::move(cell));
    }
  }

  Duration rest(std::size_t cell) const { return turn_plan(plan.settings, plan.cells[cell]).rest; }

  Plan plan;
};

TEST_F(LengthenRests, GivesAllCellsOfAPointTheTimeThatSlowRequestsTake) {
  lengthen_rests(plan, recorded(plan, 11, 60ms));
  EXPECT_EQ(rest(0), 60ms);
  EXPECT_EQ(rest(1), 60ms);
  EXPECT_EQ(turn_plan(plan.settings, plan.cells[1]).length, 600ms);
}

TEST_F(LengthenRests, DoublesThemAtLeastAndDoesNotGrowWithoutLimit) {
  lengthen_rests(plan, recorded(plan, 11, 1ms));
  EXPECT_EQ(rest(0), 20ms);
  lengthen_rests(plan, recorded(plan, 11, 1min));
  EXPECT_EQ(rest(0), 1s);
}

TEST_F(LengthenRests, LeavesThemWhereFewRequestsOverranOrTheUserChose) {
  lengthen_rests(plan, recorded(plan, 10, 60ms));
  EXPECT_EQ(rest(0), 10ms);
  plan.settings.rest = 5ms;
  lengthen_rests(plan, recorded(plan, 11, 60ms));
  EXPECT_EQ(rest(0), 5ms);
  EXPECT_LT(turn_plan(plan.settings, plan.cells[0]).length, 100ms);
}

// A stall of the machine, and not requests that are slow.
TEST_F(LengthenRests, ForgetsWhatOnlyOneBlockNeeded) {
  result::Result so_far = recorded(plan, 11, 60ms);
  lengthen_rests(plan, so_far);
  EXPECT_EQ(rest(0), 60ms);
  auto& trials = so_far.cells.front().trials;
  trials.push_back(trials.front());
  trials.back().block = 1;
  trials.back().turns->rest_ns = to_ns(Time{60ms});
  trials.back().turns->overran = 0;
  trials.back().service_time->p99_9_ns = to_ns(Time{2ms});
  lengthen_rests(plan, so_far);
  EXPECT_EQ(rest(0), 10ms);
  // As long as they were needed for.
  trials.back().service_time->p99_9_ns = to_ns(Time{55ms});
  lengthen_rests(plan, so_far);
  EXPECT_EQ(rest(0), 60ms);
}

}  // namespace
}  // namespace asyncbench::run
