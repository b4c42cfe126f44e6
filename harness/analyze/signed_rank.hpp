// Wilcoxon's signed-rank test and the Hodges-Lehmann estimate that belongs to it: of paired
// differences whose distribution is symmetric, as that of one program against another build of
// itself is.
#pragma once

#include <cstddef>
#include <span>

#include "analyze/location.hpp"

namespace asyncbench::analyze {

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

}  // namespace asyncbench::analyze
