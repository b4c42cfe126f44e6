// The binomial distribution: the ranks at which intervals from order statistics end, and what a
// count of hits says about their probability.
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

// The upper limit of the probability of a hit, one-sided, after `hits` in `of` independent trials:
// the truth is above it in at most 1 - confidence of all cases. 0 hits in 59 at 95 % mean at most
// 5 %. 1 without trials. hits <= of, 0 < confidence < 1.
// Source: Clopper and Pearson, Biometrika 26 (1934).
double proportion_upper_bound(std::uint64_t hits, std::uint64_t of, double confidence);

}  // namespace asyncbench::analyze
