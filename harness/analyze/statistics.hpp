// The statistics of trials: robust, exact where they can be, free of assumed distributions.
// docs/method.md gives the reasons for each choice.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "measure/distribution.hpp"
#include "measure/histogram.hpp"
#include "result/result.hpp"

namespace asyncbench::analyze {

// The middle value, or the mean of the two middle ones. Not of an empty span.
double median(std::span<const double> values);

// Not of an empty span.
double mean(std::span<const double> values);

// Of a sample: the divisor is n - 1. Not of fewer than two values.
double standard_deviation(std::span<const double> values);

// Median and interval across trials: the sign interval at 2.5 % a side (see paired.hpp), which
// takes 6 trials. For fewer the range, which makes no statement of confidence. Not of an empty
// span.
result::Estimate estimate(std::span<const double> values);

// Whether binomial order statistics give the quantile `q` (0 < q < 1) of the distribution a
// two-sided 95 % interval, given n independent samples of which the `known` least have a value:
// ranks low and high <= known with P(low <= B(n, q) < high) >= 95 %, 2.5 % a side. With all of them
// known that takes n = 368 for p99, 3,688 for p99.9, 36,887 for p99.99.
// Source: David and Nagaraja, Order Statistics, section 7.1.
bool has_quantile_interval(std::uint64_t n, std::uint64_t known, double q);

// A percentile within one trial, requests unfinished at the window's end counted.
struct Percentile {
  std::int64_t value_ns = 0;
  // The true percentile is at least value_ns; prints as ">=".
  bool at_least = false;
  // Too few requests for a two-sided 95 % interval.
  bool unresolved = false;
};

// The rank from 1 of a percentile among n > 0 values: that of Histogram::value_at_percentile(),
// free of rounding noise.
std::uint64_t percentile_rank(double percent, std::uint64_t n);

// Latencies with those of requests that had not ended, at their ages: merged once for many
// percentiles.
struct CensoredLatencies {
  CensoredLatencies(measure::Distribution ended, const measure::Distribution& censored);

  // The percentile itself, without what percentile() says about it. Not of two empty ones.
  std::int64_t at(double percent) const;
  // The same as if the unfinished requests would never end: empty where it falls among them.
  std::optional<std::int64_t> if_never_ended(double percent) const;

  measure::Distribution completed;
  measure::Distribution all;
};

// `completed` are latencies, `censored` the ages of requests that had not ended: each would have
// become at least as old. The percentile is taken with them at their ages (too low, if anything),
// and again at infinity (too high), where it has no value if it falls among them. It is a lower
// bound unless the two agree within kCensoringMatters. Not of two empty histograms. `percent`: 0 to
// 100.
inline constexpr double kCensoringMatters = 0.1;
Percentile percentile(const CensoredLatencies& latencies, double percent);

// MSER-5: the number of leading values whose removal minimizes the standard error of the mean of
// the rest, taken over means of five, and over the first half alone. Zero: no warm-up is left in
// it. Source: White, Cobb and Spratt, A Comparison of Five Steady-State Truncation Heuristics,
// Winter Simulation Conference 2000.
std::size_t mser5_truncation(std::span<const double> values);

// Spearman's rank correlation of the values with their index, ties at midranks.
struct Correlation {
  double rho = 0;
  // Two-sided, by Student's t with n - 2 degrees of freedom; 1 below 10 values, where that
  // approximation does not hold.
  double p = 1;
};
Correlation spearman_with_index(std::span<const double> values);
Correlation spearman(std::span<const double> x, std::span<const double> y);

// The median of the slopes between all pairs of values, per index. Source: Sen, JASA 63 (1968).
// Quadratic in the number of values. Not of fewer than two.
double theil_sen_slope(std::span<const double> values);

}  // namespace asyncbench::analyze
