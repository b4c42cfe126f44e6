#include "load/anderson_darling.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <vector>

namespace asyncbench::load {

double anderson_darling_exponential(std::span<const double> gaps, double rate) {
  assert(!gaps.empty() && rate > 0);
  std::vector<double> sorted(gaps.begin(), gaps.end());
  std::ranges::sort(sorted);
  const std::size_t n = sorted.size();
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) {
    // F(x) = 1 - exp(-rate x), so ln(1 - F) is -rate x exactly.
    const double log_below = std::log(-std::expm1(-rate * sorted[i]));
    const double log_above = -rate * sorted[n - 1 - i];
    sum += static_cast<double>(2 * i + 1) * (log_below + log_above);
  }
  return -static_cast<double>(n) - sum / static_cast<double>(n);
}

}  // namespace asyncbench::load
