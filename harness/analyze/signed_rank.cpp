#include "analyze/signed_rank.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <vector>

#include "analyze/ranks.hpp"

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

}  // namespace

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

}  // namespace asyncbench::analyze
