#include "analyze/paired.hpp"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cassert>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>
#include <numeric>

#include "analyze/binomial.hpp"
#include "analyze/statistics.hpp"

namespace asyncbench::analyze {
namespace {

// P(S = s) for s = 0, 1, ..., S being the sum of a subset of `weights` in which each of them is
// with probability 1/2. Halving is exact in binary, so every value is, up to some 50 weights.
std::vector<double> subset_sums(std::span<const std::uint64_t> weights) {
  std::vector<double> p(std::accumulate(weights.begin(), weights.end(), std::uint64_t{0}) + 1);
  p[0] = 1;
  std::uint64_t reached = 0;
  for (const std::uint64_t weight : weights) {
    reached += weight;
    // Downwards, so that no weight is counted twice.
    for (std::uint64_t s = reached; s >= weight; --s) p[s] = (p[s] + p[s - weight]) / 2;
    for (std::uint64_t s = 0; s < weight; ++s) p[s] /= 2;
  }
  return p;
}

bool all_finite(std::span<const double> values) {
  return std::ranges::all_of(values, [](double value) { return std::isfinite(value); });
}

double standard_error(std::span<const double> values) {
  return standard_deviation(values) / std::sqrt(static_cast<double>(values.size()));
}

}  // namespace

Location exp_of(Location log_ratio) {
  log_ratio.estimate = std::exp(log_ratio.estimate);
  log_ratio.low = std::exp(log_ratio.low);
  log_ratio.high = std::exp(log_ratio.high);
  return log_ratio;
}

Location locate(std::span<const double> sorted, std::size_t rank) {
  assert(2 * rank <= sorted.size() + 1);
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  return {.estimate = sorted.empty() ? 0.0 : median(sorted),
          .low = rank == 0 ? -kInfinity : sorted[rank - 1],
          .high = rank == 0 ? kInfinity : sorted[sorted.size() - rank]};
}

bool is_degenerate(std::span<const double> differences) {
  return differences.size() >= 2 && differences[0] != 0 &&
         std::ranges::all_of(differences, [&](double d) { return d == differences[0]; });
}

double sign_test_p(std::span<const double> differences) {
  const auto count = [&](auto holds) {
    return static_cast<std::uint64_t>(std::ranges::count_if(differences, holds));
  };
  const std::uint64_t positive = count([](double d) { return d > 0; });
  const std::uint64_t negative = count([](double d) { return d < 0; });
  if (positive + negative == 0) return 1;
  return std::min(1.0,
                  2 * binomial_at_most(std::min(positive, negative), positive + negative, 0.5));
}

Location median_with_sign_interval(std::span<const double> differences, double alpha_each_side) {
  assert(alpha_each_side > 0 && alpha_each_side < 0.5);
  std::vector<double> sorted(differences.begin(), differences.end());
  std::ranges::sort(sorted);
  const std::uint64_t rank =
      sorted.empty() ? 0 : lower_limit_rank(alpha_each_side, sorted.size(), 0.5);
  Location location = locate(sorted, rank);
  location.alpha_each_side = alpha_each_side;
  location.reached_alpha =
      rank == 0 ? 0 : std::min(alpha_each_side, binomial_at_most(rank - 1, sorted.size(), 0.5));
  location.degenerate = is_degenerate(differences);
  return location;
}

std::vector<double> midranks(std::span<const double> values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t i) { return values[i]; });
  std::vector<double> ranks(values.size());
  for (std::size_t i = 0; i < order.size();) {
    std::size_t j = i;
    while (j < order.size() && values[order[j]] == values[order[i]]) ++j;
    const double rank = static_cast<double>(i + 1 + j) / 2;
    for (; i < j; ++i) ranks[order[i]] = rank;
  }
  return ranks;
}

SignedRank signed_rank(std::span<const double> differences) {
  assert(differences.size() <= kMostPairs && all_finite(differences));
  std::vector<double> sizes(differences.size());
  std::ranges::transform(differences, sizes.begin(), [](double d) { return std::abs(d); });
  const std::vector<double> ranks = midranks(sizes);

  SignedRank test{.pairs = differences.size()};
  // Doubled, midranks are whole numbers.
  std::vector<std::uint64_t> doubled;
  std::uint64_t observed = 0;
  for (std::size_t i = 0; i < differences.size(); ++i) {
    if (differences[i] == 0) {
      ++test.zeros;
      continue;
    }
    doubled.push_back(static_cast<std::uint64_t>(2 * ranks[i]));
    if (differences[i] > 0) observed += doubled.back();
  }
  test.w_plus = static_cast<double>(observed) / 2;

  const std::vector<double> p = subset_sums(doubled);
  const auto at = p.begin() + static_cast<std::ptrdiff_t>(observed);
  // Each tail from its own thin end: one minus the other would lose the small ones. Rounding may
  // carry a sum just over 1.
  test.p_less = std::min(1.0, std::accumulate(p.begin(), at + 1, 0.0));
  test.p_greater = std::min(1.0, std::accumulate(p.rbegin(), std::make_reverse_iterator(at), 0.0));
  test.p_two_sided = std::min(1.0, 2 * std::min(test.p_less, test.p_greater));
  return test;
}

Location hodges_lehmann(std::span<const double> differences, double alpha_each_side) {
  assert(differences.size() <= kMostPairs && all_finite(differences));
  assert(alpha_each_side > 0 && alpha_each_side < 0.5);
  const std::size_t n = differences.size();
  std::vector<double> walsh;
  walsh.reserve(n * (n + 1) / 2);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = i; j < n; ++j) walsh.push_back((differences[i] + differences[j]) / 2);
  }
  std::ranges::sort(walsh);

  std::vector<std::uint64_t> ranks(n);
  std::iota(ranks.begin(), ranks.end(), std::uint64_t{1});
  const std::vector<double> p = subset_sums(ranks);
  std::size_t rank = 0;
  double tail = 0;
  while (tail + p[rank] <= alpha_each_side) tail += p[rank++];

  Location location = locate(walsh, rank);
  location.alpha_each_side = alpha_each_side;
  location.reached_alpha = tail;
  location.degenerate = is_degenerate(differences);
  return location;
}

double t_test_p(std::span<const double> differences) {
  if (differences.size() < 2) return 1;
  const double average = mean(differences);
  const double error = standard_error(differences);
  if (error == 0) return average == 0 ? 1 : 0;
  const boost::math::students_t_distribution<double> t(static_cast<double>(differences.size() - 1));
  return 2 * boost::math::cdf(boost::math::complement(t, std::abs(average / error)));
}

Location mean_with_t_interval(std::span<const double> differences, double alpha_each_side) {
  assert(alpha_each_side > 0 && alpha_each_side < 0.5);
  Location location = locate({}, 0);
  location.alpha_each_side = alpha_each_side;
  if (!differences.empty()) location.estimate = mean(differences);
  if (differences.size() < 2) return location;
  const boost::math::students_t_distribution<double> t(static_cast<double>(differences.size() - 1));
  const double half_width = boost::math::quantile(boost::math::complement(t, alpha_each_side)) *
                            standard_error(differences);
  location.low = location.estimate - half_width;
  location.high = location.estimate + half_width;
  location.reached_alpha = alpha_each_side;
  location.degenerate = is_degenerate(differences);
  return location;
}

}  // namespace asyncbench::analyze
