#include "analyze/paired.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <utility>
#include <vector>

namespace asyncbench::analyze {
namespace {

// Hamilton depression scale of nine patients, before less after a tranquillizer: the example of R's
// wilcox.test(), from Hollander and Wolfe, table 3.1.
std::vector<double> depression() {
  const std::vector<double> before = {1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30};
  const std::vector<double> after = {0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29};
  std::vector<double> differences(before.size());
  std::ranges::transform(before, after, differences.begin(), std::minus{});
  return differences;
}

std::vector<double> repeated(const std::vector<std::pair<double, int>>& values) {
  std::vector<double> all;
  for (const auto& [value, times] : values)
    all.insert(all.end(), static_cast<std::size_t>(times), value);
  return all;
}

TEST(Midranks, ShareTheMeanOfTheRanksThatEqualValuesTakeUp) {
  EXPECT_EQ(midranks(std::vector<double>{30, 10, 20}), (std::vector<double>{3, 1, 2}));
  EXPECT_EQ(midranks(std::vector<double>{5, 1, 5, 5, 0}), (std::vector<double>{4, 2, 4, 4, 1}));
  EXPECT_TRUE(midranks({}).empty());
}

TEST(SignedRank, GivesThePublishedExample) {
  const SignedRank test = signed_rank(depression());
  EXPECT_EQ(test.pairs, 9U);
  EXPECT_EQ(test.zeros, 0U);
  EXPECT_EQ(test.w_plus, 40);
  EXPECT_EQ(test.p_greater, 0.01953125);
  EXPECT_EQ(test.p_two_sided, 0.0390625);
  EXPECT_EQ(test.p_less, 1 - 7.0 / 512);  // P(W+ >= 41) = 7 / 512
}

// Pratt's treatment of zeros, an example that SciPy tests against R: T = min(W+, W-) = 423 and
// p = 0.00317 with 56 differences, 8 of them zero. That p is by the normal approximation, which
// comes this close to an exact one.
TEST(SignedRank, RanksZerosAsPrattDoes) {
  const SignedRank test = signed_rank(
      repeated({{-4, 1}, {-3, 4}, {-2, 16}, {-1, 15}, {0, 8}, {1, 4}, {2, 5}, {3, 1}, {4, 2}}));
  EXPECT_EQ(test.pairs, 56U);
  EXPECT_EQ(test.zeros, 8U);
  EXPECT_EQ(test.w_plus, 423);
  EXPECT_NEAR(test.p_two_sided, 0.0031724568, 0.0005);
}

// Every pattern of signs counted one by one, on samples full of ties and zeros.
TEST(SignedRank, CountsEveryPatternOfSigns) {
  std::mt19937_64 random(1);
  std::uniform_int_distribution<int> value(-4, 4);
  for (int repetition = 0; repetition < 200; ++repetition) {
    std::vector<double> differences(1 + static_cast<std::size_t>(repetition) % 10);
    for (double& d : differences) d = value(random);

    std::vector<double> sizes;
    for (const double d : differences) sizes.push_back(std::abs(d));
    const std::vector<double> all_ranks = midranks(sizes);
    std::vector<double> ranks;
    double observed = 0;
    for (std::size_t i = 0; i < differences.size(); ++i) {
      if (differences[i] != 0) ranks.push_back(all_ranks[i]);
      if (differences[i] > 0) observed += all_ranks[i];
    }
    int at_least = 0;
    int at_most = 0;
    const unsigned patterns = 1U << ranks.size();
    for (unsigned pattern = 0; pattern < patterns; ++pattern) {
      double w = 0;
      for (std::size_t i = 0; i < ranks.size(); ++i) {
        if ((pattern >> i) % 2 == 1) w += ranks[i];
      }
      at_least += w >= observed;
      at_most += w <= observed;
    }

    const SignedRank test = signed_rank(differences);
    EXPECT_EQ(test.w_plus, observed);
    EXPECT_EQ(test.p_greater, at_least / static_cast<double>(patterns));
    EXPECT_EQ(test.p_less, at_most / static_cast<double>(patterns));
  }
}

TEST(SignedRank, SaysNothingWithoutDifferences) {
  for (const std::vector<double>& none : {std::vector<double>{}, std::vector<double>(7, 0)}) {
    const SignedRank test = signed_rank(none);
    EXPECT_EQ(test.pairs, none.size());
    EXPECT_EQ(test.zeros, none.size());
    EXPECT_EQ(test.w_plus, 0);
    EXPECT_EQ(test.p_greater, 1);
    EXPECT_EQ(test.p_less, 1);
    EXPECT_EQ(test.p_two_sided, 1);
  }
}

TEST(SignedRank, SwapsItsSidesWithTheSigns) {
  std::vector<double> differences = {3, -1, 4, -1, 5, 0, 9, -2};
  const SignedRank test = signed_rank(differences);
  for (double& d : differences) d = -d;
  const SignedRank mirrored = signed_rank(differences);
  EXPECT_EQ(test.p_greater, mirrored.p_less);
  EXPECT_EQ(test.p_less, mirrored.p_greater);
  EXPECT_EQ(test.p_two_sided, mirrored.p_two_sided);
}

// With many pairs W+ is nearly normal, of mean n (n + 1) / 4 and variance n (n + 1) (2n + 1) / 24.
TEST(SignedRank, ApproachesTheNormalDistributionUpToItsMostPairs) {
  std::vector<double> differences(kMostPairs);
  std::iota(differences.begin(), differences.end(), 1.0);
  EXPECT_EQ(signed_rank(differences).p_greater, std::ldexp(1.0, -static_cast<int>(kMostPairs)));
  for (std::size_t i = 0; i < kMostPairs; i += 2) differences[i] *= -1;
  for (std::size_t i = 900; i < 950; ++i) differences[i] = std::abs(differences[i]);
  const SignedRank test = signed_rank(differences);
  const auto n = static_cast<double>(kMostPairs);
  const double mean = n * (n + 1) / 4;
  const double deviation = std::sqrt(n * (n + 1) * (2 * n + 1) / 24);
  const double z = (test.w_plus - 0.5 - mean) / deviation;
  EXPECT_GT(z, 2);
  EXPECT_NEAR(test.p_greater / (std::erfc(z / std::sqrt(2.0)) / 2), 1, 0.01);
}

TEST(HodgesLehmann, GivesThePublishedExample) {
  const Location location = hodges_lehmann(depression(), 0.025);
  EXPECT_NEAR(location.estimate, 0.46, 1e-12);
  EXPECT_NEAR(location.low, 0.010, 1e-12);
  EXPECT_NEAR(location.high, 0.786, 1e-12);
  EXPECT_EQ(location.alpha_each_side, 0.025);
  EXPECT_EQ(location.reached_alpha, 10.0 / 512);  // an interval of 96 %
  EXPECT_FALSE(location.degenerate);
}

// The critical values of the signed-rank test as tabulated (for example Wilcoxon and Wilcox, 1964):
// the largest T with P(W+ <= T) <= alpha, one-sided. The interval begins at the (T + 1)-th average.
TEST(HodgesLehmann, CutsOffTheTabulatedNumberOfAverages) {
  struct Row {
    int n;
    long at_5_percent;
    long at_2_5_percent;
  };
  for (const Row& row : {Row{6, 2, 0}, Row{7, 3, 2}, Row{8, 5, 3}, Row{9, 8, 5}, Row{10, 10, 8},
                         Row{12, 17, 13}, Row{15, 30, 25}, Row{20, 60, 52}, Row{25, 100, 89}}) {
    // Powers of two, whose averages in pairs all differ.
    std::vector<double> differences;
    for (int i = 0; i < row.n; ++i) differences.push_back(std::ldexp(1.0, i));
    const auto below = [&](double limit) {
      long count = 0;
      for (std::size_t i = 0; i < differences.size(); ++i) {
        for (std::size_t j = i; j < differences.size(); ++j) {
          count += (differences[i] + differences[j]) / 2 < limit;
        }
      }
      return count;
    };
    EXPECT_EQ(below(hodges_lehmann(differences, 0.05).low), row.at_5_percent) << row.n;
    EXPECT_EQ(below(hodges_lehmann(differences, 0.025).low), row.at_2_5_percent) << row.n;
    const long averages = row.n * (row.n + 1L) / 2;
    EXPECT_EQ(below(hodges_lehmann(differences, 0.05).high), averages - 1 - row.at_5_percent);
  }
}

TEST(HodgesLehmann, HasAnIntervalFromTheFewestPairsThatCanReject) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const std::vector<double> five = {1, 2, 3, 4, 6};
  const Location of_five = hodges_lehmann(five, 0.05);
  EXPECT_EQ(of_five.low, 1);
  EXPECT_EQ(of_five.high, 6);
  EXPECT_EQ(of_five.reached_alpha, 1.0 / 32);
  EXPECT_EQ(hodges_lehmann(five, 1.0 / 32).low, 1);

  const Location too_few = hodges_lehmann(five, 0.025);
  EXPECT_EQ(too_few.estimate, 3);
  EXPECT_EQ(too_few.low, -kInfinity);
  EXPECT_EQ(too_few.high, kInfinity);
  EXPECT_EQ(too_few.reached_alpha, 0);

  const Location empty = hodges_lehmann({}, 0.05);
  EXPECT_EQ(empty.estimate, 0);
  EXPECT_EQ(empty.low, -kInfinity);
  EXPECT_EQ(empty.high, kInfinity);
}

// Just inside the interval the test does not reject a shift, just outside it does.
TEST(HodgesLehmann, InvertsTheTest) {
  std::mt19937_64 random(2);
  std::normal_distribution<double> normal(0.05, 0.07);
  const auto p_of_shift = [](std::vector<double> differences, double shift) {
    for (double& d : differences) d -= shift;
    return signed_rank(differences);
  };
  for (const std::size_t n : {6U, 9U, 10U, 17U, 20U, 40U}) {
    std::vector<double> differences(n);
    for (double& d : differences) d = normal(random);
    for (const double alpha : {0.025, 0.05, 0.2}) {
      const Location location = hodges_lehmann(differences, alpha);
      EXPECT_LE(p_of_shift(differences, location.low - 1e-9).p_greater, alpha) << n;
      EXPECT_GT(p_of_shift(differences, location.low + 1e-9).p_greater, alpha) << n;
      EXPECT_LE(p_of_shift(differences, location.high + 1e-9).p_less, alpha) << n;
      EXPECT_GT(p_of_shift(differences, location.high - 1e-9).p_less, alpha) << n;
    }
  }
}

TEST(HodgesLehmann, FlagsDifferencesThatAreAllEqualAndNotZero) {
  const Location equal = hodges_lehmann(std::vector<double>(8, 0.1), 0.05);
  EXPECT_TRUE(equal.degenerate);
  EXPECT_EQ(equal.estimate, 0.1);
  EXPECT_EQ(equal.low, 0.1);
  EXPECT_EQ(equal.high, 0.1);
  const Location zeros = hodges_lehmann(std::vector<double>(8, 0), 0.05);
  EXPECT_FALSE(zeros.degenerate);
  EXPECT_EQ(zeros.low, 0);
  EXPECT_EQ(zeros.high, 0);
  EXPECT_FALSE(hodges_lehmann(std::vector<double>{0.1}, 0.05).degenerate);
  EXPECT_FALSE(hodges_lehmann(std::vector<double>{0.1, 0.1, 0.2}, 0.05).degenerate);
}

// Coarse steps make an interval with both its ends hold more often, never less.
TEST(HodgesLehmann, KeepsItsLevelWithTies) {
  std::mt19937_64 random(3);
  std::normal_distribution<double> normal;
  constexpr int kRepetitions = 4000;
  int above = 0;
  std::vector<double> differences(10);
  for (int i = 0; i < kRepetitions; ++i) {
    for (double& d : differences) d = std::round(normal(random));
    above += hodges_lehmann(differences, 0.05).low > 0;
  }
  EXPECT_LE(above, 240);  // 200 would be the level; three standard deviations of it are 41
}

}  // namespace
}  // namespace asyncbench::analyze
