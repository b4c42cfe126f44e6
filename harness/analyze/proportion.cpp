#include "analyze/proportion.hpp"

#include <boost/math/distributions/binomial.hpp>
#include <cassert>

namespace asyncbench::analyze {

double proportion_upper_bound(std::uint64_t hits, std::uint64_t of, double confidence) {
  assert(hits <= of && confidence > 0 && confidence < 1);
  if (hits == of) return 1;
  return boost::math::binomial_distribution<double>::find_upper_bound_on_p(
      static_cast<double>(of), static_cast<double>(hits), 1 - confidence);
}

}  // namespace asyncbench::analyze
