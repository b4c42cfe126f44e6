#include "measure/distribution.hpp"

#include <gtest/gtest.h>

#include <initializer_list>
#include <random>

namespace asyncbench::measure {
namespace {

Histogram random_histogram(unsigned seed, std::size_t values) {
  std::mt19937_64 random(seed);
  std::lognormal_distribution<double> latency(11, 2);
  Histogram histogram;
  for (std::size_t i = 0; i < values; ++i) {
    histogram.record(static_cast<std::int64_t>(latency(random)));
  }
  return histogram;
}

void expect_same_ranks(const Distribution& distribution, const Histogram& histogram) {
  ASSERT_EQ(distribution.count(), histogram.count());
  EXPECT_EQ(distribution.empty(), histogram.empty());
  for (std::uint64_t rank = 1; rank <= histogram.count() + 1; ++rank) {
    ASSERT_EQ(distribution.value_at_rank(rank), histogram.value_at_rank(rank)) << rank;
  }
}

Histogram with_values_out_of_range() {
  Histogram histogram = random_histogram(1, 100);
  histogram.record(0, 3);
  histogram.record(Histogram::kHighestNs, 2);
  histogram.record(Histogram::kHighestNs + 1, 4);
  return histogram;
}

TEST(Distribution, HasTheRanksOfItsHistogram) {
  expect_same_ranks({}, {});
  for (const Histogram& histogram :
       {random_histogram(2, 1), random_histogram(3, 10'000), with_values_out_of_range()}) {
    expect_same_ranks(Distribution(histogram), histogram);
  }
}

TEST(Distribution, IsReadFromWhatAHistogramStores) {
  for (const Histogram& histogram :
       {Histogram{}, random_histogram(4, 1000), with_values_out_of_range()}) {
    expect_same_ranks(
        Distribution::decode(histogram.encode(), histogram.below(), histogram.above()), histogram);
  }
}

TEST(Distribution, MergesLikeHistograms) {
  const std::initializer_list<Histogram> kHistograms = {
      {}, random_histogram(5, 1), random_histogram(6, 1000), with_values_out_of_range()};
  for (const Histogram& a : kHistograms) {
    for (const Histogram& b : kHistograms) {
      Histogram both = a;
      both.merge(b);
      expect_same_ranks(Distribution(a).merged(Distribution(b)), both);
    }
  }
}

}  // namespace
}  // namespace asyncbench::measure
