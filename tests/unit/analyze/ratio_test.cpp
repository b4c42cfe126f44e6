#include "analyze/ratio.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace asyncbench::analyze {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Of the two kinds of figures: of one more is better, of the other less.
constexpr FigureName kMoreIsBetter = kThroughput;
constexpr FigureName kLessIsBetter = kServiceP99;

// So many pairs that all come to about one ratio in the worse direction.
Location located(std::size_t pairs, double worse) {
  std::vector<double> logs;
  for (std::size_t i = 0; i < pairs; ++i) {
    logs.push_back(std::log(worse) + 0.01 * static_cast<double>(i % 3));
  }
  return exp_of(median_with_sign_interval(logs, 0.025));
}

TEST(Ratio, GoesInTheDirectionOfItsFigure) {
  struct Case {
    FigureName figure;
    double worse;
    double natural;
    const char* worth;
  };
  for (const Case& of :
       {Case{kMoreIsBetter, 8, 0.125, "worse"}, Case{kMoreIsBetter, 0.125, 8, "better"},
        Case{kLessIsBetter, 8, 8, "worse"}, Case{kLessIsBetter, 0.125, 0.125, "better"}}) {
    const Location worse = located(6, of.worse);
    const Ratio ratio = *ratio_of(of.figure, worse, 6);
    EXPECT_NEAR(ratio.estimate, of.natural, 0.02 * of.natural);
    EXPECT_LE(*ratio.low, ratio.estimate);
    EXPECT_GE(*ratio.high, ratio.estimate);
    EXPECT_EQ(worth_of(worse), of.worth);
  }
}

TEST(Ratio, HasNoWordWhereItsIntervalDoesNotLeaveOutOne) {
  EXPECT_EQ(worth_of({.estimate = 1.1, .low = 0.9, .high = 1.3}), "");
  EXPECT_EQ(worth_of({.estimate = 3, .low = 0, .high = kInfinity}), "");
}

TEST(Ratio, SaysOfTooFewPairsHowManyItNeeds) {
  EXPECT_EQ(text_of(ratio_of(kLessIsBetter, located(0, 2), 0)), "-");
  EXPECT_EQ(text_of(ratio_of(kLessIsBetter, located(1, 2), 1)), "2.00 (1 of 6 pairs)");
  EXPECT_EQ(text_of(ratio_of(kMoreIsBetter, located(5, 0.5), 5)), "1.98 (5 of 6 pairs)");
  EXPECT_EQ(text_of(ratio_of(kLessIsBetter, located(6, 2), 6)), "2.02 [2.00, 2.04]");
  EXPECT_EQ(too_few_text(5, 6), "5 of the 6 pairs that it needs");
}

TEST(Ratio, NeverShowsAnOpenEnd) {
  for (const FigureName figure : {kMoreIsBetter, kLessIsBetter}) {
    for (std::size_t pairs = 1; pairs < 8; ++pairs) {
      const std::string text = text_of(ratio_of(figure, located(pairs, 1.3), pairs));
      EXPECT_EQ(text.find("inf"), text.npos) << text;
      EXPECT_EQ(text.find('?'), text.npos) << text;
      EXPECT_EQ(text.find('[') == text.npos, pairs < 6) << text;
    }
  }
}

TEST(Ratio, KeepsTheDigitsThatMatter) {
  const auto text = [](double estimate, double low, double high) {
    return text_of(Ratio{.estimate = estimate, .low = low, .high = high, .pairs = 6, .needed = 6});
  };
  EXPECT_EQ(text(1.589, 1.12, 1.66), "1.59 [1.12, 1.66]");
  EXPECT_EQ(text(26.31, 21.2, 34.3), "26.3 [21.2, 34.3]");
  EXPECT_EQ(text(0.12, 0.04, 0.25), "0.12 [0.04, 0.25]");
  EXPECT_EQ(text(0.9943, 0.9901, 0.9987), "0.994 [0.990, 0.999]");
  EXPECT_EQ(text(1.048, 1.047, 1.05), "1.05 [1.05, 1.05]");
  EXPECT_EQ(text(1, 1, 1), "1 [1, 1]");
  EXPECT_EQ(text(1.2, 0.004, 4507.7), "1.20 [0.004, 4.5k]");
  EXPECT_EQ(ratio_number(4'507'710), "4.5e+06");
  EXPECT_EQ(ratio_number(0.0001), "<0.001");
}

TEST(Slowdown, IsAShareUpToTwiceTheTime) {
  EXPECT_EQ(slowdown_text(0.05), "5.0 %");
  EXPECT_EQ(slowdown_text(0.123), "12 %");
  EXPECT_EQ(slowdown_text(4507.7), ">100 %");
  EXPECT_EQ(slowdown_text(kInfinity), "-");
  EXPECT_EQ(slowdown_text(0), "-");
}

}  // namespace
}  // namespace asyncbench::analyze
