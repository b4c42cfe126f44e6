#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <string>

#include "checks.hpp"
#include "family.hpp"
#include "peer.hpp"
#include "run_job.hpp"
#include "stopper.hpp"

namespace asyncbench::conformance {

namespace {

using namespace std::chrono_literals;

void gather_of_nobody_ends_at_once(Strategy& strategy) {
  run_script(strategy, [](unsigned) -> Script {
    const Time began = now();
    for (int i = 0; i < 1000; ++i) {
      const Completion ended = co_await op::Gather{};
      EXPECT_FALSE(ended.error) << ended.error.message();
    }
    expect_on_time(began, now());
  });
}

void gathered_children_run_at_the_same_time(Strategy& strategy) {
  constexpr std::size_t kChildren = 20;
  Time latest;
  Family family(kChildren, [&](std::size_t child, unsigned) -> Script {
    // The latest is neither the first nor the last child.
    const Time until = latest - 10ms * (child == 7 ? 0 : child + 1);
    const Completion slept = co_await op::Sleep{until};
    EXPECT_FALSE(slept.error) << slept.error.message();
    expect_on_time(until, now());
  });
  run_script(strategy, [&](unsigned) -> Script {
    for (int round = 0; round < 2; ++round) {
      latest = now() + 300ms;
      const Completion ended = co_await op::Gather{family.members()};
      EXPECT_FALSE(ended.error) << ended.error.message();
      expect_on_time(latest, now());
    }
  });
  EXPECT_EQ(family.started(), 2 * kChildren);
  EXPECT_EQ(family.ended(), 2 * kChildren);
}

// Neither the children nor the parent may nest: each would need stack a round.
void children_that_end_at_once_need_no_stack(Strategy& strategy) {
  constexpr int kRounds = 2000;
  Family family(3, [](std::size_t child, unsigned) -> Script {
    if (child == 1) co_await op::Begin{};
  });
  run_script(strategy, [&](unsigned) -> Script {
    for (int round = 0; round < kRounds; ++round) {
      const Completion ended = co_await op::Gather{family.members()};
      EXPECT_FALSE(ended.error) << ended.error.message();
    }
  });
  EXPECT_EQ(family.ended(), 3U * kRounds);
}

void a_thousand_children_are_awaited(Strategy& strategy) {
  constexpr std::size_t kChildren = 1000;
  Family family(kChildren, [](std::size_t child, unsigned) -> Script {
    co_await op::Begin{};
    co_await op::Sleep{now() + std::chrono::milliseconds(child * 17 % 50)};
  });
  run_script(strategy, [&](unsigned) -> Script {
    const Completion ended = co_await op::Gather{family.members()};
    EXPECT_FALSE(ended.error) << ended.error.message();
    EXPECT_EQ(family.ended(), kChildren);
  });
}

void children_run_in_their_parents_lane(Strategy& strategy) {
  constexpr unsigned kLanes = 2;
  std::array<Family, 4> families;
  Tasks tasks;
  for (std::size_t i = 0; i < families.size(); ++i) {
    families.at(i) = Family(3, [i](std::size_t, unsigned lane) -> Script {
      EXPECT_EQ(lane, i % kLanes);
      co_await op::Sleep{now() + 1ms};
    });
    tasks.push_back(script([&family = families.at(i)](unsigned) -> Script {
      for (int round = 0; round < 3; ++round) co_await op::Gather{family.members()};
    }));
  }
  run_job(strategy, std::move(tasks), {.threads = kLanes, .lanes = kLanes});
  for (Family& family : families) EXPECT_EQ(family.ended(), 9U);
}

void children_gather_in_turn(Strategy& strategy) {
  constexpr std::size_t kEach = 4;
  std::array<Family, kEach> grandchildren;
  Time latest;
  for (Family& family : grandchildren) {
    family = Family(kEach, [&](std::size_t child, unsigned) -> Script {
      co_await op::Sleep{latest - 5ms * child};
    });
  }
  Family children(kEach, [&](std::size_t child, unsigned) -> Script {
    for (int round = 0; round < 2; ++round) {
      const Completion ended = co_await op::Gather{grandchildren.at(child).members()};
      EXPECT_FALSE(ended.error) << ended.error.message();
    }
  });
  run_script(strategy, [&](unsigned) -> Script {
    latest = now() + 100ms;
    const Completion ended = co_await op::Gather{children.members()};
    EXPECT_FALSE(ended.error) << ended.error.message();
    expect_on_time(latest, now());
  });
  EXPECT_EQ(children.ended(), kEach);
  for (Family& family : grandchildren) EXPECT_EQ(family.ended(), 2 * kEach);
}

void stop_ends_a_gather_after_its_children(Strategy& strategy) {
  constexpr std::size_t kChildren = 30;
  RunOptions options;
  Stopper stopper(options.stop);
  // Those that sleep: all the children but the first, and its own two. A thread may begin late, and
  // a Gather that the stop overtakes would start nobody.
  std::atomic<std::size_t> missing = kChildren - 1 + 2;
  const auto about_to_sleep = [&] {
    if (--missing == 0) stopper.now_waiting();
  };
  Family grandchildren(2, [&](std::size_t, unsigned) -> Script {
    about_to_sleep();
    expect_canceled(co_await op::Sleep{now() + 1h});
  });
  Family children(kChildren, [&](std::size_t child, unsigned) -> Script {
    Completion ended;
    if (child == 0) {
      ended = co_await op::Gather{grandchildren.members()};
      EXPECT_EQ(grandchildren.ended(), 2U);
    } else {
      about_to_sleep();
      ended = co_await op::Sleep{now() + 1h};
    }
    expect_canceled(ended);
    expect_canceled(co_await op::Begin{});
  });
  run_script(
      strategy,
      [&](unsigned) -> Script {
        expect_canceled(co_await op::Gather{children.members()});
        EXPECT_EQ(children.ended(), kChildren) << "the Gather ends after all of them";
        expect_canceled(co_await op::Gather{children.members()});
        expect_canceled(co_await op::Gather{});
      },
      options);
  EXPECT_EQ(children.started(), kChildren) << "after a stop no child is started";
}

const std::array kChecks{
    Check{"GatherOfNobodyEndsAtOnce", OpKind::gather, Ending::success, kGatherNeeds,
          gather_of_nobody_ends_at_once},
    Check{"GatheredChildrenRunAtTheSameTime", OpKind::gather, Ending::success, kGatherNeeds,
          gathered_children_run_at_the_same_time},
    Check{"ChildrenThatEndAtOnceNeedNoStack", OpKind::gather, Ending::success, kGatherNeeds,
          children_that_end_at_once_need_no_stack},
    Check{"AThousandChildrenAreAwaited", OpKind::gather, Ending::success, kGatherNeeds,
          a_thousand_children_are_awaited},
    Check{"ChildrenRunInTheirParentsLane", OpKind::gather, Ending::success, kGatherNeeds,
          children_run_in_their_parents_lane},
    Check{"ChildrenGatherInTurn", OpKind::gather, Ending::success, kGatherNeeds,
          children_gather_in_turn},
    Check{"StopEndsAGatherAfterItsChildren", OpKind::gather, Ending::stop, kGatherNeeds,
          stop_ends_a_gather_after_its_children},
};

}  // namespace

std::span<const Check> gather_checks() { return kChecks; }

}  // namespace asyncbench::conformance
