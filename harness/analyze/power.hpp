// How small a slowdown a comparison can find: what a result that found none must be read with.
#pragma once

#include <cstddef>
#include <span>

namespace asyncbench::analyze {

// 1.4826 times the median absolute deviation from the median: the standard deviation, if the
// values were normal, undisturbed by a few that are far off. 0 when more than half of them are
// equal. Not of an empty span. Source: Rousseeuw and Croux, JASA 88 (1993).
double robust_deviation(std::span<const double> values);

// The slowdown, as a share (0.1 is 10 %), that n pairs with the spread of these log ratios would
// find with a power of 80 %, at `alpha` one-sided among that many hypotheses:
// exp((t_{1-alpha/m, n-1} + 0.84) s_d / sqrt(n)) - 1, s_d their robust_deviation(), 0.84 the
// normal quantile of 80 %. An approximation: the test itself assumes no normal distribution. With
// fewer than two differences it is infinite. 0 < alpha < 1, hypotheses >= 1.
// Source: Chow, Shao and Wang, Sample Size Calculations in Clinical Research, section 3.1, for the
// paired design.
double smallest_detectable_effect(std::span<const double> differences, double alpha,
                                  std::size_t hypotheses);

// The same from a known deviation of the log ratios, for a number of pairs that is yet to come.
double detectable_effect(double s_d, std::size_t pairs, double alpha, std::size_t hypotheses);

// The fewest pairs whose smallest detectable effect, with log ratios of deviation `s_d`, is at most
// `effect`, and which can reject anything at all (see fewest_pairs()); `most` + 1 when not even
// `most` pairs suffice. s_d >= 0, effect > 0.
std::size_t pairs_to_detect(double s_d, double effect, double alpha, std::size_t hypotheses,
                            std::size_t most);

}  // namespace asyncbench::analyze
