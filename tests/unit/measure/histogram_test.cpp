#include "measure/histogram.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace asyncbench::measure {
namespace {

// Latencies between 1 ns and 60 s, equally many of each order of magnitude.
std::vector<std::int64_t> random_values(std::size_t count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> exponent(0, std::log(6e10));
  std::vector<std::int64_t> values(count);
  for (auto& value : values) {
    value = std::clamp<std::int64_t>(std::llround(std::exp(exponent(random))), 1,
                                     Histogram::kHighestNs);
  }
  return values;
}

Histogram of(const std::vector<std::int64_t>& values) {
  Histogram histogram;
  for (const std::int64_t value : values) histogram.record(value);
  return histogram;
}

TEST(Histogram, IndexesCoverTheRangeWithoutGapOrOverlap) {
  std::int64_t expected = 0;
  for (std::size_t i = 0; i < Histogram::kCounts; ++i) {
    ASSERT_EQ(Histogram::lowest_at(i), expected) << i;
    ASSERT_EQ(Histogram::index_of(Histogram::lowest_at(i)), i);
    ASSERT_EQ(Histogram::index_of(Histogram::highest_at(i)), i);
    expected = Histogram::highest_at(i) + 1;
  }
  EXPECT_GT(expected, Histogram::kHighestNs);
}

TEST(Histogram, KeepsThreeSignificantDigits) {
  for (const std::int64_t value : random_values(10'000, 1)) {
    const std::size_t i = Histogram::index_of(value);
    const std::int64_t width = Histogram::highest_at(i) - Histogram::lowest_at(i);
    ASSERT_LE(static_cast<double>(width), 0.001 * static_cast<double>(value)) << value;
  }
}

TEST(Histogram, AnEmptyOneGivesZeros) {
  const Histogram histogram;
  EXPECT_TRUE(histogram.empty());
  EXPECT_TRUE(histogram.counts().empty());
  EXPECT_EQ(histogram.min(), 0);
  EXPECT_EQ(histogram.max(), 0);
  EXPECT_EQ(histogram.mean(), 0);
  EXPECT_EQ(histogram.value_at_percentile(99), 0);
  EXPECT_EQ(histogram.value_at_rank(1), 0);
}

TEST(Histogram, CountsValuesOutOfRangeApart) {
  Histogram histogram;
  histogram.record(-5);
  histogram.record(0);
  histogram.record(1);
  histogram.record(Histogram::kHighestNs);
  histogram.record(Histogram::kHighestNs + 1, 3);
  EXPECT_EQ(histogram.below(), 2U);
  EXPECT_EQ(histogram.above(), 3U);
  EXPECT_EQ(histogram.count(), 7U);
  EXPECT_EQ(histogram.value_at_rank(2), 0);
  EXPECT_EQ(histogram.value_at_rank(3), 1);
  EXPECT_EQ(histogram.value_at_rank(4), Histogram::kHighestNs);
  EXPECT_EQ(histogram.value_at_rank(7), Histogram::kHighestNs);
  EXPECT_EQ(histogram.min(), 0);
  EXPECT_EQ(histogram.max(), Histogram::kHighestNs);
}

TEST(Histogram, PercentilesAgreeWithSortedValues) {
  std::vector<std::int64_t> values = random_values(12'345, 2);
  const Histogram histogram = of(values);
  std::ranges::sort(values);
  for (const double percentile : {0.0, 0.01, 1.0, 25.0, 50.0, 90.0, 99.0, 99.9, 99.99, 100.0}) {
    const double n = static_cast<double>(values.size());
    const auto rank =
        std::max<std::size_t>(1, static_cast<std::size_t>(std::ceil(percentile / 100 * n - 1e-9)));
    const std::int64_t exact = values[rank - 1];
    const std::int64_t read = histogram.value_at_percentile(percentile);
    EXPECT_EQ(Histogram::index_of(read), Histogram::index_of(exact)) << percentile;
    EXPECT_GE(read, exact);
  }
}

TEST(Histogram, PercentilesDoNotTakeOneRankTooManyForRounding) {
  Histogram histogram;
  for (int i = 1; i <= 1000; ++i) histogram.record(i);
  EXPECT_EQ(histogram.value_at_percentile(99.9), 999);
  EXPECT_EQ(histogram.value_at_percentile(50), 500);
  EXPECT_EQ(histogram.value_at_percentile(100), 1000);
  EXPECT_EQ(histogram.value_at_percentile(0), 1);
}

TEST(Histogram, MeanIsExactForSmallValuesAndCloseForLargeOnes) {
  EXPECT_DOUBLE_EQ(of({1, 2, 3, 2000}).mean(), 501.5);
  const std::vector<std::int64_t> values = random_values(10'000, 3);
  double sum = 0;
  for (const std::int64_t value : values) sum += static_cast<double>(value);
  const double exact = sum / static_cast<double>(values.size());
  EXPECT_NEAR(of(values).mean(), exact, 0.0005 * exact);
}

TEST(Histogram, MergesByExactAdditionOfBuckets) {
  const std::vector<std::int64_t> some = random_values(5'000, 4);
  const std::vector<std::int64_t> others = random_values(7'000, 5);
  std::vector<std::int64_t> all = some;
  all.insert(all.end(), others.begin(), others.end());
  all.push_back(0);

  Histogram merged;
  merged.merge(of(some));
  merged.merge(Histogram{});
  merged.merge(of(others));
  merged.merge(of({0}));
  EXPECT_EQ(merged, of(all));
}

TEST(Histogram, SurvivesEncodingUnchanged) {
  const Histogram histogram = of(random_values(50'000, 6));
  const std::string text = histogram.encode();
  EXPECT_TRUE(text.starts_with("HISTFAAA"));
  EXPECT_EQ(Histogram::decode(text), histogram);
  EXPECT_EQ(Histogram::decode(Histogram{}.encode()), Histogram{});
}

TEST(Histogram, SurvivesEncodingAtBothEndsOfTheRange) {
  Histogram histogram;
  histogram.record(1, 1ULL << 52);
  histogram.record(Histogram::kHighestNs);
  histogram.record(0, 5);
  histogram.record(Histogram::kHighestNs * 2, 7);
  EXPECT_EQ(Histogram::decode(histogram.encode(), 5, 7), histogram);
}

}  // namespace
}  // namespace asyncbench::measure
