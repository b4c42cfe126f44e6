#include "report/forest.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace asyncbench::report {
namespace {

using analyze::Location;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(Forest, PutsWorseLeftAndBetterRightOfTheAxis) {
  const Location worse{.estimate = 2, .low = 1.5, .high = 2.5};
  const Location better{.estimate = 0.5, .low = 0.4, .high = 0.7};
  const Location open{.estimate = 1.05, .low = 0.8, .high = 1.3};
  const Forest forest(std::vector{worse, better, open}, 15);
  EXPECT_EQ(forest.title(), "  worse|better ");
  EXPECT_EQ(forest.row(worse), "--o--  |       ");
  EXPECT_EQ(forest.row(better), "       |  --o--");
  EXPECT_EQ(forest.row(open), "     --o--     ");
}

TEST(Forest, SaysWhereItGoesOnBeyondItsEdges) {
  const Location far{.estimate = 26, .low = 21, .high = 34};
  const Location wide{.estimate = 1, .low = 0.001, .high = 900};
  const Forest forest(std::vector{far, wide}, 12);
  EXPECT_EQ(forest.row(far).substr(0, 2), "<o");
  EXPECT_EQ(forest.row(wide).front(), '<');
  EXPECT_EQ(forest.row(wide).back(), '>');
}

TEST(Forest, DrawsAnEstimateAloneWhereThereIsNoInterval) {
  const Location few{.estimate = 1.5, .low = 0, .high = kInfinity};
  const std::string row = Forest(std::vector{few}, 12).row(few);
  EXPECT_EQ(row.find_first_of("-<>+"), row.npos) << row;
  EXPECT_NE(row.find('o'), row.npos);
}

TEST(Forest, HasItsWidthWhateverItDraws) {
  for (const std::size_t width : {Forest::kLeastWidth, std::size_t{12}, std::size_t{40}}) {
    for (const Location& of : {Location{.estimate = 1, .low = 1, .high = 1},
                               Location{.estimate = 1e9, .low = 1e8, .high = 1e10},
                               Location{.estimate = 1e-9, .low = 1e-10, .high = 1e-8}}) {
      EXPECT_EQ(Forest(std::vector{of}, width).row(of).size(), width);
    }
    EXPECT_EQ(Forest({}, width).title().size(), width);
  }
}

}  // namespace
}  // namespace asyncbench::report
