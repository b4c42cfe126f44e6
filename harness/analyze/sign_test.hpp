// The sign test and the interval of the median that belongs to it: of paired differences about
// whose distribution nothing is assumed, as when two differently shaped strategies are compared.
#pragma once

#include <span>

#include "analyze/location.hpp"

namespace asyncbench::analyze {

// Two-sided p of the hypothesis that the median difference is 0: twice the smaller binomial tail
// of the number of positive differences, at most 1. Zeros, which favour neither side, are left out
// of the count. 1 with no differences, or none but zeros.
// Source: Hollander, Wolfe and Chicken, Nonparametric Statistical Methods, 3rd edition, section
// 3.4.
double sign_test_p(std::span<const double> differences);

// The median, zeros included, with the interval from the k-th smallest to the k-th largest
// difference, k the largest for which P(B(n, 1/2) < k) <= alpha_each_side: the sign test inverted,
// valid for any distribution. 0 < alpha_each_side < 0.5. Infinite when n is so small that
// 2^-n > alpha_each_side.
// Source: Hettmansperger and McKean, Robust Nonparametric Statistical Methods, section 1.5.
Location median_with_sign_interval(std::span<const double> differences, double alpha_each_side);

}  // namespace asyncbench::analyze
