#include "analyze/binomial.hpp"

#include <boost/math/distributions/binomial.hpp>
#include <cassert>

namespace asyncbench::analyze {

namespace {

// Without Boost's promotion to long double, which costs four times as much: ranks do not need it.
using Policy = boost::math::policies::policy<boost::math::policies::promote_double<false>>;

// The slack keeps a tail that is exactly `alpha` (five of five heads at 1/32) from being lost to
// rounding.
double with_slack(double alpha) { return alpha * (1 + 1e-12); }

}  // namespace

double binomial_at_most(std::uint64_t k, std::uint64_t n, double q) {
  const boost::math::binomial_distribution<double, Policy> binomial(static_cast<double>(n), q);
  return boost::math::cdf(binomial, static_cast<double>(k));
}

std::uint64_t smallest_reaching(double p, std::uint64_t n, double q) {
  std::uint64_t low = 0;
  std::uint64_t high = n;
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    if (binomial_at_most(middle, n, q) >= p) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

std::uint64_t lower_limit_rank(double alpha, std::uint64_t n, double q) {
  return smallest_reaching(with_slack(alpha), n, q);
}

bool lower_limit_exists(double alpha, std::uint64_t n, double q) {
  return n > 0 && binomial_at_most(0, n, q) < with_slack(alpha);
}

double proportion_upper_bound(std::uint64_t hits, std::uint64_t of, double confidence) {
  assert(hits <= of && confidence > 0 && confidence < 1);
  if (hits == of) return 1;
  return boost::math::binomial_distribution<double>::find_upper_bound_on_p(
      static_cast<double>(of), static_cast<double>(hits), 1 - confidence);
}

}  // namespace asyncbench::analyze
