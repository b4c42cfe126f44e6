#include "analyze/power.hpp"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cassert>
#include <cmath>
#include <limits>
#include <vector>

#include "analyze/multiplicity.hpp"
#include "analyze/statistics.hpp"

namespace asyncbench::analyze {
double detectable_effect(double s_d, std::size_t pairs, double alpha, std::size_t hypotheses) {
  assert(alpha > 0 && alpha < 1 && hypotheses >= 1);
  if (pairs < 2) return std::numeric_limits<double>::infinity();
  constexpr double kPowerOf80Percent = 0.84;
  const auto n = static_cast<double>(pairs);
  const double t = boost::math::quantile(
      boost::math::complement(boost::math::students_t_distribution<double>(n - 1),
                              alpha / static_cast<double>(hypotheses)));
  return std::expm1((t + kPowerOf80Percent) * s_d / std::sqrt(n));
}

double robust_deviation(std::span<const double> values) {
  constexpr double kNormalConsistency = 1.4826;  // 1 / the normal quantile of 75 %
  const double middle = median(values);
  std::vector<double> deviations(values.size());
  std::ranges::transform(values, deviations.begin(),
                         [&](double value) { return std::abs(value - middle); });
  return kNormalConsistency * median(deviations);
}

double smallest_detectable_effect(std::span<const double> differences, double alpha,
                                  std::size_t hypotheses) {
  const double s_d = differences.empty() ? 0 : robust_deviation(differences);
  return detectable_effect(s_d, differences.size(), alpha, hypotheses);
}

std::size_t pairs_to_detect(double s_d, double effect, double alpha, std::size_t hypotheses,
                            std::size_t most) {
  assert(s_d >= 0 && effect > 0);
  // The effect falls with every pair, so that it can be bisected for.
  std::size_t low = std::max<std::size_t>(2, fewest_pairs(hypotheses, alpha));
  if (low > most) return most + 1;
  std::size_t high = most + 1;
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    if (detectable_effect(s_d, middle, alpha, hypotheses) <= effect) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

}  // namespace asyncbench::analyze
