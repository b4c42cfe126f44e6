#include "analyze/families.hpp"

#include <gtest/gtest.h>

#include "strategies/registry.hpp"

namespace asyncbench {
namespace {

TEST(Families, AreWhatStrategiesSayAndOldResultsHaveTheSame) {
  const Registry registry = make_registry();
  int known_before = 0;
  for (const auto& strategy : registry.all()) {
    const StrategyInfo& info = strategy->info();
    result::Cell now{.strategy = info.name, .strategy_info = info};
    result::Cell before = now;
    before.strategy_info.family.reset();
    const bool is_newer = analyze::family_of(before) == info.name;
    if (!is_newer) {
      EXPECT_EQ(analyze::family_of(before), analyze::family_of(now)) << info.name;
      ++known_before;
    }
    EXPECT_EQ(info.family.has_value(), info.name != "null")
        << info.name << " is named in core/strategy.hpp, null alone belongs nowhere";
  }
  EXPECT_GE(known_before, 12);
}

TEST(Families, OfAnUnknownStrategyIsItsOwn) {
  EXPECT_EQ(analyze::family_of({.strategy = "mine:fast"}), "mine:fast");
  result::Cell told{.strategy = "mine"};
  told.strategy_info.family = "coroutines";
  EXPECT_EQ(analyze::family_of(told), "coroutines");
}

}  // namespace
}  // namespace asyncbench
