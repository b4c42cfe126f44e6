// Tails of the binomial distribution, which intervals from order statistics are cut by.
#pragma once

#include <cstdint>

namespace asyncbench::analyze {

// P(B(n, q) <= k). 0 < q < 1, k <= n.
double binomial_at_most(std::uint64_t k, std::uint64_t n, double q);

// The smallest k in [0, n] with P(B(n, q) <= k) >= p. 0 <= p <= 1.
std::uint64_t smallest_reaching(double p, std::uint64_t n, double q);

// The largest k with P(B(n, q) < k) <= alpha: the k-th smallest of n values is a lower limit of
// their distribution's quantile `q` that fails with a probability of at most `alpha`. 0 where even
// the smallest value fails more often.
// Source: David and Nagaraja, Order Statistics, 3rd edition, section 7.1.
std::uint64_t lower_limit_rank(double alpha, std::uint64_t n, double q);

// Whether that rank is not 0, which is much faster to say.
bool lower_limit_exists(double alpha, std::uint64_t n, double q);

}  // namespace asyncbench::analyze
