#include "analyze/families.hpp"

#include <gtest/gtest.h>

#include "strategies/registry.hpp"

namespace asyncbench {
namespace {

TEST(Families, AreWhatStrategiesSayAndOldResultsHaveTheSame) {
  const Registry registry = make_registry();
  for (const auto& strategy : registry.all()) {
    const StrategyInfo& info = strategy->info();
    result::Cell now{.strategy = info.name, .strategy_info = info};
    result::Cell before = now;
    before.strategy_info.family.reset();
    EXPECT_EQ(analyze::family_of(before), analyze::family_of(now)) << info.name;
    EXPECT_EQ(info.family.has_value(), info.name != "null")
        << info.name << " is named in core/strategy.hpp, null alone belongs nowhere";
  }
}

TEST(Families, OfAnUnknownStrategyIsItsOwn) {
  EXPECT_EQ(analyze::family_of({.strategy = "mine:fast"}), "mine:fast");
  result::Cell told{.strategy = "mine"};
  told.strategy_info.family = "coroutines";
  EXPECT_EQ(analyze::family_of(told), "coroutines");
}

}  // namespace
}  // namespace asyncbench
