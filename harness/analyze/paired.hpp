// Paired differences: tests of whether there is one, and estimates of where it lies. The sign test
// assumes nothing of their distribution; the signed-rank test, which finds smaller differences,
// takes them to be symmetric; Student's test, which alone reaches small p with few pairs, takes
// them to be normal.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace asyncbench::analyze {

// An estimate of location with its interval, in the units of the differences. Which estimator and
// which interval is for the function that returns it to say.
struct Location {
  double estimate = 0;
  // -infinity and +infinity where there are too few pairs for an interval at this level.
  double low = 0;
  double high = 0;
  // The probability of error asked for at each end: 0.05 makes a 90 % interval.
  double alpha_each_side = 0;
  // The one that the interval has, exact for a continuous distribution; at most the one asked for,
  // and less with ties. 0 for an infinite interval.
  double reached_alpha = 0;
  // Two or more differences, all equal and not 0: the interval is a point, and its width says
  // nothing about the precision.
  bool degenerate = false;
};

// The location of logarithms of ratios as that of the ratios.
Location exp_of(Location log_ratio);

// What estimators by order statistics have in common: the median of the `sorted` candidates, and
// the interval from the rank-th smallest to the rank-th largest of them; infinite for rank 0. Both
// ends belong to the interval, which is what lets it keep its level with ties: break them by a
// vanishing noise, and the intervals of the noisy values, which hold, shrink onto it. Sets no
// alphas and no flag. Without candidates the estimate is 0 and the interval infinite.
Location locate(std::span<const double> sorted, std::size_t rank);

// All equal and not 0, as Location::degenerate.
bool is_degenerate(std::span<const double> differences);

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

// The rank of each value, from 1 for the smallest, in the order of `values`. Equal values share the
// mean of the ranks that they take up (midranks). No value may be NaN.
std::vector<double> midranks(std::span<const double> values);

// The most pairs that the functions below take. Their work grows with the cube of the pairs (half a
// second at most here), and from 1,022 on the probability of one pattern of signs, 2^-n, would
// leave the normal range of a double.
inline constexpr std::size_t kMostPairs = 1000;

struct SignedRank {
  std::size_t pairs = 0;  // zeros included
  std::size_t zeros = 0;
  double w_plus = 0;  // sum of the ranks of the positive differences
  // P(W+ >= w_plus), if the differences were symmetric about 0: small when they tend to be greater.
  double p_greater = 1;
  double p_less = 1;       // P(W+ <= w_plus)
  double p_two_sided = 1;  // twice the smaller one, at most 1
};

// Wilcoxon's signed-rank test, exact: the sums of all 2^(pairs - zeros) patterns of signs on the
// ranks at hand are counted by dynamic programming, so that ties (midranks) need no correction and
// small samples no approximation. Zeros by Pratt's method: ranked together with the rest, then left
// out of the sum and of the sign flips; leaving them out of the ranking would let a test reject
// more surely when a difference moves towards 0. With no differences, or none but zeros, every p is
// 1. All must be finite, at most kMostPairs.
//
// Ties are found by exact equality: take differences of logarithms, ln(b) - ln(a), which are equal
// and opposite when a and b change places; ln(b / a) need not be.
//
// Sources: Wilcoxon, Biometrics Bulletin 1 (1945); Pratt, JASA 54 (1959), on zeros; Hollander,
// Wolfe and Chicken, Nonparametric Statistical Methods, 3rd edition, section 3.1.
SignedRank signed_rank(std::span<const double> differences);

// Hodges-Lehmann: the estimate is the median of the M = n (n + 1) / 2 Walsh averages
// (d_i + d_j) / 2, i <= j, zeros included; the interval runs from the C-th smallest to the C-th
// largest of them, C the largest with P(W+ <= C - 1) <= alpha_each_side without ties: the test
// above inverted. 0 < alpha_each_side < 0.5. Without an interval (infinite) when n is so small that
// 2^-n > alpha_each_side. All differences must be finite, at most kMostPairs.
// Source: Hodges and Lehmann, Annals of Mathematical Statistics 34 (1963); Hollander, Wolfe and
// Chicken, sections 3.2 and 3.3.
Location hodges_lehmann(std::span<const double> differences, double alpha_each_side);

// Student's test of one sample: two-sided p of the hypothesis that the mean difference is 0. With
// differences that are all equal 0 (or 1, if they are 0); 1 with fewer than two.
double t_test_p(std::span<const double> differences);

// The mean with Student's interval, mean +- t_{n-1} s / sqrt(n). 0 < alpha_each_side < 0.5.
// Infinite for fewer than two differences. `reached_alpha` is the one asked for: exact for normal
// differences.
Location mean_with_t_interval(std::span<const double> differences, double alpha_each_side);

}  // namespace asyncbench::analyze
