#include "analyze/change_points.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <string>

namespace asyncbench::analyze {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const double kMargin = std::log(1.03);

std::vector<std::size_t> each_its_own(std::size_t size) {
  std::vector<std::size_t> sources(size);
  std::iota(sources.begin(), sources.end(), std::size_t{0});
  return sources;
}

std::vector<std::size_t> changes_in(std::span<const double> values,
                                    std::span<const std::size_t> sources) {
  std::vector<std::size_t> at;
  for (const ChangePoint& change : change_points(values, sources, {.margin = kMargin})) {
    at.push_back(change.at);
  }
  return at;
}

std::vector<std::size_t> changes_in(std::span<const double> values) {
  return changes_in(values, each_its_own(values.size()));
}

// Series of independent values; heavy: Student's t with 3 degrees, of the same deviation.
class Noise {
 public:
  explicit Noise(double deviation, bool heavy = false) : deviation_(deviation), heavy_(heavy) {}

  std::vector<double> series(std::size_t size) {
    std::vector<double> values(size);
    for (double& value : values) {
      value = deviation_ * (heavy_ ? student_(random_) / std::sqrt(3.0) : normal_(random_));
    }
    return values;
  }

 private:
  double deviation_;
  bool heavy_;
  std::mt19937_64 random_{20261128};
  std::normal_distribution<double> normal_;
  std::student_t_distribution<double> student_{3};
};

void raise(std::vector<double>& values, std::size_t from, std::size_t to, double by) {
  for (std::size_t i = from; i < to; ++i) values[i] += by;
}

// The data of Hollander and Wolfe, example 4.1: R's wilcox.test(x, y, conf.int = TRUE) gives the
// difference 0.305 and the interval -0.15 to 0.76.
TEST(ShiftBetween, AgreesWithThePublishedExample) {
  const std::vector<double> x = {0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46};
  const std::vector<double> y = {1.15, 0.88, 0.90, 0.74, 1.21};
  const Location shift = shift_between(y, x, 0.025);
  EXPECT_NEAR(shift.estimate, 0.305, 1e-9);
  EXPECT_NEAR(shift.low, -0.15, 1e-9);
  EXPECT_NEAR(shift.high, 0.76, 1e-9);
  EXPECT_LE(shift.reached_alpha, 0.025);
}

TEST(ShiftBetween, NeedsThreeAndFiveValuesForAnInterval) {
  const std::vector<double> many = {1, 2, 3, 4, 5};
  const std::vector<double> few = {11, 12, 13};
  EXPECT_TRUE(std::isfinite(shift_between(many, few, 0.025).low));
  EXPECT_TRUE(std::isinf(shift_between(std::span(many).first(4), few, 0.025).low));
}

TEST(ChangePoints, FindAStepOfFivePercentAndWhereItIs) {
  Noise noise(0.015);
  int found = 0;
  for (int i = 0; i < 20; ++i) {
    std::vector<double> values = noise.series(18);
    raise(values, 10, 18, std::log(1.05));
    const auto changes = change_points(values, each_its_own(18), {.margin = kMargin});
    if (changes.size() != 1 || changes[0].at < 9 || changes[0].at > 11) continue;
    ++found;
    EXPECT_NEAR(changes[0].shift.estimate, std::log(1.05), 0.03);
    EXPECT_GT(changes[0].shift.low, 0);
    EXPECT_LE(changes[0].p, 0.01);
  }
  EXPECT_GE(found, 18);
}

TEST(ChangePoints, TakeFourResultsSinceTheStep) {
  for (const std::size_t since : {3, 4}) {
    Noise noise(0.01);
    int found = 0;
    for (int i = 0; i < 20; ++i) {
      std::vector<double> values = noise.series(10 + since);
      raise(values, 10, values.size(), std::log(0.93));
      found += changes_in(values).empty() ? 0 : 1;
    }
    EXPECT_EQ(found >= 18, since == 4) << since << ": " << found;
  }
}

TEST(ChangePoints, FindBothEndsOfAStepThatWasTakenBack) {
  Noise noise(0.01);
  std::vector<double> values = noise.series(30);
  raise(values, 12, 18, std::log(1.06));
  EXPECT_THAT(changes_in(values), ElementsAre(12, 18));
}

TEST(ChangePoints, FindStepsOfWhatIsCountedExactly) {
  std::vector<double> values(14, 0.0);
  raise(values, 10, 14, std::log(1.25));
  const auto changes = change_points(values, each_its_own(14), {.margin = kMargin});
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].at, 10u);
  EXPECT_EQ(changes[0].p, 0);  // nothing varies
}

// The rate of false alarms that docs/method.md states: about one line in a hundred.
TEST(ChangePoints, FindNothingInNoiseButInOneOfAHundredSeries) {
  constexpr int kSeries = 2000;
  for (const bool heavy : {false, true}) {
    for (const std::size_t size : {12, 20, 40}) {
      Noise noise(0.1, heavy);  // far above the margin, which hides nothing of it
      int found = 0;
      for (int i = 0; i < kSeries; ++i) found += changes_in(noise.series(size)).empty() ? 0 : 1;
      EXPECT_LE(found, kSeries / 60) << size << (heavy ? " heavy" : "");
    }
  }
}

TEST(ChangePoints, FindNextToNothingInNoiseOfHalfTheMargin) {
  Noise noise(0.015);
  int found = 0;
  for (int i = 0; i < 1000; ++i) found += changes_in(noise.series(20)).empty() ? 0 : 1;
  EXPECT_LE(found, 1);
}

TEST(ChangePoints, LeaveStepsBelowTheMarginAlone) {
  std::vector<double> values = Noise(0.002).series(30);
  raise(values, 15, 30, std::log(1.02));
  EXPECT_THAT(changes_in(values), IsEmpty());
  raise(values, 15, 30, std::log(1.02));
  EXPECT_THAT(changes_in(values), ElementsAre(15));
}

TEST(ChangePoints, AreNeitherMadeNorHiddenByAWildValue) {
  Noise noise(0.01);
  int found = 0;
  for (int i = 0; i < 20; ++i) {
    std::vector<double> values = noise.series(30);
    values[7] += 2;
    EXPECT_THAT(changes_in(values), IsEmpty());
    raise(values, 20, 30, std::log(1.05));
    const std::vector<std::size_t> changes = changes_in(values);
    found += changes.size() == 1 && changes[0] >= 19 && changes[0] <= 21 ? 1 : 0;
  }
  EXPECT_GE(found, 16);  // of 20; without the wild value all are
}

TEST(ChangePoints, LieBetweenSources) {
  // Three values from each build; the level moves in the middle of one.
  std::vector<double> values = Noise(0.005).series(30);
  raise(values, 16, 30, std::log(1.05));
  std::vector<std::size_t> builds(30);
  for (std::size_t i = 0; i < builds.size(); ++i) builds[i] = i / 3;
  for (const std::size_t at : changes_in(values, builds)) EXPECT_EQ(at % 3, 0u);
  EXPECT_THAT(changes_in(values, std::vector<std::size_t>(30, 1)), IsEmpty());
}

TEST(ChangePoints, SearchTheLatestOfALongSeries) {
  std::vector<double> values = Noise(0.005).series(kMostSearched + 50);
  raise(values, 20, values.size(), std::log(1.5));
  raise(values, 200, values.size(), std::log(1.05));
  EXPECT_THAT(changes_in(values), ElementsAre(200));
}

TEST(ChangePoints, AreNotSoughtInFewValues) {
  EXPECT_THAT(changes_in({}), IsEmpty());
  const std::vector<double> values = {0, 0, 0, 1, 1};
  EXPECT_THAT(changes_in(values), IsEmpty());
}

TEST(FreshChange, IsFarOffTheSpreadOfTheValuesBefore) {
  std::vector<double> values = Noise(0.01).series(12);
  EXPECT_FALSE(fresh_change(values, each_its_own(12), kMargin) &&
               fresh_change(values, each_its_own(12), kMargin)->p < 0.01);
  raise(values, 10, 12, std::log(1.08));
  const auto fresh = fresh_change(values, each_its_own(12), kMargin);
  ASSERT_TRUE(fresh);
  EXPECT_EQ(fresh->at, 10u);
  EXPECT_NEAR(fresh->shift, std::log(1.08), 0.03);
  EXPECT_LT(fresh->p, 0.001);
}

TEST(FreshChange, TakesEveryLastValueBeyondTheMarginOnOneSide) {
  const std::vector<double> values = {0, 0.001, -0.001, 0, 0.05, -0.05};
  const auto fresh = fresh_change(values, each_its_own(6), kMargin);
  ASSERT_TRUE(fresh);
  EXPECT_EQ(fresh->at, 5u);  // the two last together go nowhere
  const std::vector<double> small = {0, 0.001, -0.001, 0, 0.02};
  EXPECT_FALSE(fresh_change(small, each_its_own(5), kMargin));
}

TEST(FreshChange, NeedsThreeValuesBeforeAndAnotherBuildSince) {
  const std::vector<double> values = {0, 0, 0, 1};
  EXPECT_FALSE(fresh_change(std::span(values).subspan(1), each_its_own(3), kMargin));
  EXPECT_FALSE(fresh_change(values, std::vector<std::size_t>(4, 0), kMargin));
  const auto fresh = fresh_change(values, each_its_own(4), kMargin);
  ASSERT_TRUE(fresh);
  EXPECT_EQ(fresh->p, 0);
}

TEST(FreshChange, IsFalseInOneOfAHundredSeries) {
  constexpr int kSeries = 5000;
  for (const std::size_t size : {6, 12, 30}) {
    Noise noise(0.1);
    int found = 0;
    for (int i = 0; i < kSeries; ++i) {
      const auto fresh = fresh_change(noise.series(size), each_its_own(size), kMargin);
      found += fresh && fresh->p <= 0.01 ? 1 : 0;
    }
    EXPECT_LE(found, kSeries / 60) << size;
  }
}

}  // namespace
}  // namespace asyncbench::analyze
