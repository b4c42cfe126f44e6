// The search is driven on simulated pairs of strategies, whose true crossover is known.
#include "analyze/crossover.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <random>
#include <vector>

namespace asyncbench::analyze {
namespace {

using testing::ElementsAre;

// ln(cost of A / cost of B) at a value, before noise.
using Truth = std::function<double(double)>;

// Two straight lines over the logarithm of the value that cross at `value`: a doubling away from it
// the difference is ln 2 times the slope.
Truth crossing_at(double value, double slope = 0.2) {
  return [=](double x) { return slope * std::log(x / value); };
}

struct Simulation {
  Truth truth;
  double noise = 0.05;  // standard deviation of a pair's log ratio
  unsigned seed = 1;
  double valid = 1;  // the share of pairs that become valid
};

CrossoverSearch searched(const Simulation& simulation, CrossoverOptions options) {
  CrossoverSearch search(std::move(options));
  std::mt19937_64 random(simulation.seed);
  std::normal_distribution<double> noise(0, simulation.noise);
  std::bernoulli_distribution valid(simulation.valid);
  while (const auto ask = search.next()) {
    std::vector<double> ratios;
    for (unsigned i = 0; i < ask->pairs; ++i) {
      const double ratio = simulation.truth(static_cast<double>(ask->value)) + noise(random);
      if (valid(random)) ratios.push_back(ratio);
    }
    search.take(ratios);
  }
  return search;
}

const CrossoverOptions kConnections{.values = search_values(1, 1024)};

TEST(SearchValues, AreAllIntegersWhereTheyAreFewAndElseNearlyEvenOverOrdersOfMagnitude) {
  EXPECT_THAT(search_values(3, 6), ElementsAre(3, 4, 5, 6));
  const auto wide = search_values(1, 1'000'000);
  EXPECT_LT(wide.size(), 500u);
  EXPECT_EQ(wide.back(), 1'000'000);
  for (std::size_t i = 1; i < wide.size(); ++i) {
    EXPECT_GT(wide[i], wide[i - 1]);
    EXPECT_LE(wide[i], std::max(wide[i - 1] + 1, wide[i - 1] * 104 / 100 + 1));
  }
  const auto from_zero = search_values(0, 10'000'000);
  EXPECT_EQ(from_zero[0], 0);
  EXPECT_EQ(from_zero[1], 1000);
}

std::vector<std::int64_t> values_of(const CrossoverSearch& search) {
  std::vector<std::int64_t> values;
  for (const CrossoverPoint& point : search.points()) values.push_back(point.value);
  return values;
}

// How many of 200 searches with different noise end in each kind.
struct Tally {
  std::map<CrossoverKind, int> kinds;
  int exhausted = 0;
  unsigned most_pairs = 0;
  double mean_pairs = 0;
};

constexpr unsigned kSearches = 200;

Tally tally(Simulation simulation, const std::function<void(const Crossover&)>& look = {}) {
  Tally tally;
  for (simulation.seed = 1; simulation.seed <= kSearches; ++simulation.seed) {
    const CrossoverSearch search = searched(simulation, kConnections);
    const Crossover answer = search.answer();
    ++tally.kinds[answer.kind];
    tally.exhausted += answer.exhausted ? 1 : 0;
    tally.most_pairs = std::max(tally.most_pairs, search.pairs_asked());
    tally.mean_pairs += static_cast<double>(search.pairs_asked()) / kSearches;
    if (look) look(answer);
  }
  EXPECT_LE(tally.most_pairs, kConnections.most_pairs);
  return tally;
}

TEST(CrossoverSearch, HoldsTheTrueCrossoverInItsInterval) {
  struct Case {
    double at;
    double slope;
    double noise;
    double widest;  // median of high / low
  };
  for (const Case& one :
       {Case{9, 0.2, 0.05, 1.7}, Case{100, 0.1, 0.05, 2.8}, Case{40, 0.3, 0.1, 2.1}}) {
    SCOPED_TRACE(one.at);
    int held = 0;
    std::vector<double> widths;
    const Tally all = tally({.truth = crossing_at(one.at, one.slope), .noise = one.noise},
                            [&](const Crossover& answer) {
                              const auto low = static_cast<double>(answer.low);
                              const auto high = static_cast<double>(answer.high);
                              held += low <= one.at && one.at <= high ? 1 : 0;
                              widths.push_back(high / low);
                              EXPECT_EQ(answer.below, Better::a);
                              EXPECT_EQ(answer.above, Better::b);
                              EXPECT_GE(answer.estimate, low);
                              EXPECT_LE(answer.estimate, high);
                            });
    EXPECT_EQ(all.kinds.at(CrossoverKind::crossing), static_cast<int>(kSearches));
    EXPECT_GE(held, 190);
    std::ranges::sort(widths);
    EXPECT_LE(widths[kSearches / 2], one.widest);
  }
}

TEST(CrossoverSearch, NarrowsItsIntervalToAdjacentValuesWhereThereIsNoNoise) {
  const CrossoverSearch search = searched({.truth = crossing_at(9.4), .noise = 1e-6}, kConnections);
  const Crossover answer = search.answer();
  EXPECT_EQ(answer.kind, CrossoverKind::crossing);
  EXPECT_EQ(answer.low, 9);
  EXPECT_EQ(answer.high, 10);
  EXPECT_NEAR(answer.estimate, 9.4, 0.01);
  EXPECT_LE(search.pairs_asked(), 60u);
}

TEST(CrossoverSearch, SearchesFromZeroToo) {
  const Truth delay = [](double ns) { return 0.1 - ns / 2e7; };  // equal at 2 ms
  const CrossoverSearch search =
      searched({.truth = delay, .noise = 0.01}, {.values = search_values(0, 50'000'000)});
  const Crossover answer = search.answer();
  ASSERT_EQ(answer.kind, CrossoverKind::crossing);
  EXPECT_EQ(answer.below, Better::b);
  EXPECT_NEAR(answer.estimate, 2e6, 2e5);
}

TEST(CrossoverSearch, SaysThatOneIsBetterThroughout) {
  const CrossoverSearch search = searched({.truth = [](double) { return 0.1; }}, kConnections);
  EXPECT_EQ(search.answer().kind, CrossoverKind::none);
  EXPECT_EQ(search.answer().below, Better::b);
  EXPECT_THAT(values_of(search), ElementsAre(1, 32, 1024));
  EXPECT_LE(search.pairs_asked(), 36u);
}

TEST(CrossoverSearch, FindsNoCrossoverBetweenEquals) {
  const Tally equal = tally({.truth = [](double) { return 0.0; }});
  EXPECT_GE(equal.kinds.at(CrossoverKind::unclear), 190);
  const Tally noisy = tally({.truth = crossing_at(30, 0.01), .noise = 1});
  EXPECT_GE(noisy.kinds.at(CrossoverKind::unclear), 190);
}

TEST(CrossoverSearch, SaysWhereTheDifferenceEndsWhenTheOtherIsNeverBetter) {
  // Equal up to 32, from there on B is better.
  const Truth rising = [](double x) { return std::max(0.0, 0.1 * std::log(x / 32)); };
  const Tally all = tally({.truth = rising}, [](const Crossover& answer) {
    if (answer.kind != CrossoverKind::edge) return;
    EXPECT_EQ(answer.below, Better::unclear);
    EXPECT_EQ(answer.above, Better::b);
    EXPECT_LT(answer.low, answer.high);
  });
  EXPECT_GE(all.kinds.at(CrossoverKind::edge), 170);
}

TEST(CrossoverSearch, NamesNoSingleCrossoverWhereTheBetterOneChangesTwice) {
  const Truth bump = [](double x) { return x > 8 && x < 128 ? 0.1 : -0.1; };
  const Tally all = tally({.truth = bump}, [](const Crossover& answer) {
    ASSERT_EQ(answer.changes.size(), 3u);
    EXPECT_EQ(answer.changes[0].second, Better::a);
    EXPECT_EQ(answer.changes[1].second, Better::b);
    EXPECT_EQ(answer.changes[2].second, Better::a);
  });
  EXPECT_EQ(all.kinds.at(CrossoverKind::several), static_cast<int>(kSearches));
}

TEST(CrossoverSearch, AsksAgainForPairsThatDidNotBecomeValid) {
  const Tally all = tally({.truth = crossing_at(20, 0.3), .valid = 0.8});
  EXPECT_EQ(all.kinds.at(CrossoverKind::crossing), static_cast<int>(kSearches));
}

TEST(CrossoverSearch, GivesUpWhereNothingCanBeMeasured) {
  CrossoverSearch search(kConnections);
  const auto ask = search.next();
  ASSERT_TRUE(ask);
  search.take({});
  EXPECT_FALSE(search.next());
  EXPECT_EQ(search.answer().kind, CrossoverKind::failed);
  EXPECT_EQ(search.answer().low, ask->value);
}

TEST(CrossoverSearch, KeepsItsBudgetAndSaysThatItEnded) {
  for (const unsigned budget : {6u, 17u, 30u, 60u}) {
    CrossoverOptions options = kConnections;
    options.most_pairs = budget;
    const CrossoverSearch search = searched({.truth = crossing_at(9, 0.05)}, options);
    EXPECT_LE(search.pairs_asked(), budget);
    EXPECT_TRUE(search.answer().exhausted) << budget;
  }
  const CrossoverSearch enough = searched({.truth = crossing_at(9, 1)}, kConnections);
  EXPECT_FALSE(enough.answer().exhausted);
}

TEST(Crossover, JudgesTheSamePairsByAnotherFigure) {
  // By one figure A is better throughout, by the other they cross.
  CrossoverSearch search({.values = search_values(1, 8)});
  for (int i = 0; i < 3; ++i) search.take(std::vector<double>(search.next()->pairs, -0.5));
  EXPECT_EQ(search.answer().kind, CrossoverKind::none);
  const unsigned asked = search.pairs_asked();
  for (const CrossoverPoint& point : std::vector(search.points())) {
    search.retake(point.value,
                  std::vector<double>(point.log_ratios.size(), point.value < 4 ? -0.5 : 0.5));
  }
  EXPECT_EQ(search.pairs_asked(), asked);
  EXPECT_EQ(search.answer().kind, CrossoverKind::crossing);
}

}  // namespace
}  // namespace asyncbench::analyze
