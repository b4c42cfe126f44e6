#include "analyze/sweeps.hpp"

#include <gtest/gtest.h>

#include "cells.hpp"

namespace asyncbench::analyze {
namespace {

using result::Values;

std::vector<Sweep> sweeps_over(const std::vector<Values>& parameters, result::Result& result) {
  for (const Values& values : parameters) result.cells.push_back(cell_named("uring", values));
  return sweeps_of(groups_of(result));
}

TEST(QuantityTest, TakesNumbersWithTheirUnits) {
  EXPECT_EQ(quantity_of(std::int64_t{64})->value, 64);
  EXPECT_EQ(quantity_of(0.5)->value, 0.5);
  EXPECT_EQ(quantity_of(std::string("5ms"))->value, 5e6);
  EXPECT_EQ(quantity_of(std::string("5ms"))->unit, "ns");
  EXPECT_EQ(quantity_of(std::string("exp:2s"))->value, 2e9);
  EXPECT_EQ(quantity_of(std::string("poisson:20000"))->value, 20000);
  EXPECT_EQ(quantity_of(std::string("poisson:20000"))->unit, "/s");
}

TEST(QuantityTest, LeavesWhatIsNoNumber) {
  for (const char* text : {"", "closed", "random", "12 apples", "exp:", "0.5.6"}) {
    EXPECT_FALSE(quantity_of(std::string(text))) << text;
  }
  EXPECT_FALSE(quantity_of(true));
}

TEST(SweepsTest, FindsTheParameterInWhichGroupsDifferAndOrdersItsValues) {
  result::Result result;
  const auto point = [](std::int64_t connections) {
    return Values{{"connections", connections}, {"body_bytes", std::int64_t{12}}};
  };
  const auto sweeps = sweeps_over({point(64), point(1), point(8)}, result);
  ASSERT_EQ(sweeps.size(), 1u);
  EXPECT_EQ(sweeps[0].parameter, "connections");
  EXPECT_EQ(sweeps[0].name, "fetch/body_bytes:12");
  ASSERT_EQ(sweeps[0].points.size(), 3u);
  EXPECT_EQ(sweeps[0].points[0].value, 1);
  EXPECT_EQ(sweeps[0].points[0].group, 0u) << "groups have that order, too";
  EXPECT_EQ(sweeps[0].points[2].value, 64);
}

TEST(SweepsTest, AGridHasASweepForEachRowAndColumn) {
  result::Result result;
  std::vector<Values> grid;
  for (const std::int64_t connections : {1, 8}) {
    for (const std::int64_t bytes : {12, 4096}) {
      grid.push_back({{"connections", connections}, {"body_bytes", bytes}});
    }
  }
  EXPECT_EQ(sweeps_over(grid, result).size(), 4u);
}

TEST(SweepsTest, RatesOfOpenLoopsAreASweepAndClosedLoopsAreNoPointOfIt) {
  result::Result result;
  const auto sweeps = sweeps_over({{{"arrivals", std::string("closed")}},
                                   {{"arrivals", std::string("poisson:20000")}},
                                   {{"arrivals", std::string("poisson:10000")}}},
                                  result);
  ASSERT_EQ(sweeps.size(), 1u);
  EXPECT_EQ(sweeps[0].parameter, "rate");
  EXPECT_EQ(sweeps[0].points.size(), 2u);
}

TEST(SweepsTest, OnePointIsNone) {
  result::Result result;
  EXPECT_TRUE(sweeps_over({{{"connections", std::int64_t{1}}}}, result).empty());
}

}  // namespace
}  // namespace asyncbench::analyze
