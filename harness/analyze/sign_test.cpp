#include "analyze/sign_test.hpp"

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <vector>

#include "analyze/binomial.hpp"

namespace asyncbench::analyze {

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

}  // namespace asyncbench::analyze
