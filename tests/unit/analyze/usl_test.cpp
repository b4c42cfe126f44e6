#include "analyze/usl.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace asyncbench::analyze {
namespace {

using Points = std::vector<std::pair<double, double>>;

const std::vector<double> kDoubling = {1, 2, 4, 8, 16, 32, 64};

Points sampled(const UslFit& law, const std::vector<double>& at) {
  Points points;
  for (const double n : at) points.emplace_back(n, law.at(n));
  return points;
}

UslFit law(double lambda, double sigma, double kappa) {
  return {.lambda = lambda, .sigma = sigma, .kappa = kappa, .valid_to = 1e9};
}

// SPEC SDM91 on a Sun SPARCcenter 2000: Gunther, Guerrilla Capacity Planning, chapter 5.
const Points kSdm91 = {{1, 64.9},     {18, 995.9},   {36, 1652.4}, {72, 1853.2},
                       {108, 1828.9}, {144, 1775.0}, {216, 1702.2}};

// As published for these data by the R package usl (which fits the throughputs unweighted).
const UslFit kPublished = law(89.9952330, 0.0277285, 0.0001044);

TEST(Usl, EvaluatesToThePublishedFittedValues) {
  const std::vector<double> fitted = {90, 1078, 1541, 1850, 1879, 1822, 1646};
  for (std::size_t i = 0; i < fitted.size(); ++i) {
    EXPECT_NEAR(kPublished.at(kSdm91[i].first), fitted[i], 1) << i;
  }
}

TEST(Usl, RecoversThePublishedCoefficientsFromTheFittedValues) {
  Points points;
  for (const auto& [n, x] : kSdm91) points.emplace_back(n, std::round(kPublished.at(n)));
  const auto fit = fit_usl(points);
  ASSERT_TRUE(fit);
  EXPECT_NEAR(fit->lambda, 90, 0.1);
  EXPECT_NEAR(fit->sigma, 0.0277, 1e-4);
  EXPECT_NEAR(fit->kappa, 0.0001044, 1e-6);
  ASSERT_TRUE(fit->peak_n);
  EXPECT_NEAR(*fit->peak_n, 96.5, 0.5);  // the package's peak.scalability() gives 97
}

TEST(Usl, FindsThePublishedPeakInTheMeasurements) {
  const auto fit = fit_usl(kSdm91);
  ASSERT_TRUE(fit && fit->peak_n);
  EXPECT_NEAR(*fit->peak_n, 97, 5);  // weighted, the small loads count for more
  EXPECT_NEAR(fit->r_squared, 0.98, 0.01);
  EXPECT_EQ(fit->valid_to, 432);
}

TEST(Usl, FindsTheParametersThatMadeTheThroughputs) {
  for (const UslFit& truth : {law(1000, 0.05, 0.001), law(3e5, 0.4, 0.02), law(0.1, 0, 1e-4)}) {
    const auto fit = fit_usl(sampled(truth, {1, 3, 10, 30, 100, 300, 1000, 3000}));
    ASSERT_TRUE(fit);
    EXPECT_NEAR(fit->lambda / truth.lambda, 1, 1e-9);
    EXPECT_NEAR(fit->sigma, truth.sigma, 1e-9);
    EXPECT_NEAR(fit->kappa, truth.kappa, 1e-9);
    EXPECT_NEAR(fit->r_squared, 1, 1e-9);
  }
}

// No step to any side lowers the weighted sum of squares.
TEST(Usl, MinimizesTheRelativeErrors) {
  const auto error_of = [](double a, double b, double c) {
    double sum = 0;
    for (const auto& [n, x] : kSdm91) {
      const double relative = (a + b * (n - 1) + c * n * (n - 1)) * x / n - 1;
      sum += relative * relative;
    }
    return sum;
  };
  const auto fit = fit_usl(kSdm91);
  ASSERT_TRUE(fit);
  const double a = 1 / fit->lambda;
  const double b = fit->sigma * a;
  const double c = fit->kappa * a;
  const double least = error_of(a, b, c);
  for (const double step : {0.99, 0.9999, 1.0001, 1.01}) {
    EXPECT_GT(error_of(a * step, b, c), least);
    EXPECT_GT(error_of(a, b * step, c), least);
    EXPECT_GT(error_of(a, b, c * step), least);
  }
}

TEST(Usl, HasNoPeakWithoutCoherencyOrWithUnrealContention) {
  EXPECT_FALSE(fit_usl(sampled(law(100, 0.05, -1e-5), kDoubling))->peak_n);
  EXPECT_FALSE(fit_usl(sampled(law(100, -0.01, 1e-3), kDoubling))->peak_n);
  EXPECT_FALSE(fit_usl(sampled(law(100, 1.1, 1e-3), kDoubling))->peak_n);
}

TEST(Usl, DoesNotExtrapolateAPeak) {
  // Peaks at 127 and at 129, with 128 the last N that the law is trusted with.
  const auto within = fit_usl(sampled(law(100, 0, 1.0 / (127 * 127)), kDoubling));
  ASSERT_TRUE(within && within->peak_n);
  EXPECT_NEAR(*within->peak_n, 127, 0.01);
  const auto beyond = fit_usl(sampled(law(100, 0, 1.0 / (129 * 129)), kDoubling));
  ASSERT_TRUE(beyond);
  EXPECT_FALSE(beyond->peak_n);
  EXPECT_EQ(beyond->valid_to, 128);
}

TEST(Usl, HasItsPeakAtOneWhereThroughputOnlyFalls) {
  const auto fit = fit_usl(sampled(law(100, 0.9, 0.5), kDoubling));
  ASSERT_TRUE(fit && fit->peak_n);
  EXPECT_EQ(*fit->peak_n, 1);
}

// Contention alone: the ceiling is lambda / sigma, which proportional growth meets at 1 / sigma.
TEST(UslKnee, ApproachesTheInverseOfContention) {
  const auto fit = fit_usl(sampled(law(100, 0.2, 0), {1, 2, 4, 8, 16, 64, 256, 1024}));
  ASSERT_TRUE(fit && fit->knee_n);
  EXPECT_NEAR(*fit->knee_n, 5, 0.05);
}

TEST(UslKnee, IsWhereProportionalGrowthWouldReachThePeaksThroughput) {
  const UslFit truth = law(100, 0.05, 0.002);
  const auto fit = fit_usl(sampled(truth, kDoubling));
  ASSERT_TRUE(fit && fit->knee_n && fit->peak_n);
  EXPECT_NEAR(*fit->knee_n, truth.at(std::sqrt(0.95 / 0.002)) / 100, 1e-6);
  EXPECT_LT(*fit->knee_n, *fit->peak_n);
}

// What a closed loop does in truth, and the law only roughly: growth up to a limit.
TEST(UslKnee, LiesNearTheKinkOfASaturatedServer) {
  Points points;
  for (const double n : kDoubling) points.emplace_back(n, 100 * std::min(n, 6.0));
  const auto fit = fit_usl(points);
  ASSERT_TRUE(fit && fit->knee_n);
  EXPECT_GT(*fit->knee_n, 4);
  EXPECT_LT(*fit->knee_n, 8);
}

TEST(UslKnee, IsNotInventedWhereThroughputStillGrows) {
  const auto linear = fit_usl(sampled(law(100, 0, 0), kDoubling));
  ASSERT_TRUE(linear);
  EXPECT_FALSE(linear->knee_n);
  EXPECT_FALSE(linear->peak_n);
  // At twice the largest N still more than half of what proportional growth would give.
  EXPECT_FALSE(fit_usl(sampled(law(100, 0.005, 0), kDoubling))->knee_n);
}

TEST(Usl, ExplainsNothingWhereThroughputIsConstant) {
  Points points;
  for (const double n : kDoubling) points.emplace_back(n, 100);
  const auto fit = fit_usl(points);
  ASSERT_TRUE(fit);
  EXPECT_NEAR(fit->sigma, 1, 1e-9);
  EXPECT_EQ(fit->r_squared, 0);
}

TEST(Usl, TakesSixDifferentNumbersOfRequests) {
  const UslFit truth = law(100, 0.1, 0.001);
  EXPECT_FALSE(fit_usl({}));
  EXPECT_FALSE(fit_usl(sampled(truth, {1, 2, 4, 8, 16})));
  EXPECT_FALSE(fit_usl(sampled(truth, {1, 2, 4, 8, 16, 16, 16})));
  EXPECT_TRUE(fit_usl(sampled(truth, {16, 2, 4, 8, 1, 32, 32})));
}

TEST(Usl, RefusesWhatIsNoThroughput) {
  for (const double bad : {0.0, -1.0, std::nan(""), HUGE_VAL}) {
    Points points = sampled(law(100, 0.1, 0.001), kDoubling);
    points[3].second = bad;
    EXPECT_FALSE(fit_usl(points)) << bad;
    points = sampled(law(100, 0.1, 0.001), kDoubling);
    points[3].first = bad;
    EXPECT_FALSE(fit_usl(points)) << bad;
  }
  // Growing with the cube of N, which no law of scaling down describes.
  Points points;
  for (const double n : kDoubling) points.emplace_back(n, n * n * n);
  EXPECT_FALSE(fit_usl(points));
}

}  // namespace
}  // namespace asyncbench::analyze
