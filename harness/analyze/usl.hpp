// The Universal Scalability Law, fitted to a sweep of a closed loop: how throughput X grows with
// the number N of requests in flight, and what keeps it from growing.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <utility>

namespace asyncbench::analyze {

inline constexpr std::size_t kFewestUslPoints = 6;

// X(N) = lambda N / (1 + sigma (N - 1) + kappa N (N - 1)).
// Source: Gunther, Guerrilla Capacity Planning (Springer 2007), chapters 4 to 6.
struct UslFit {
  double lambda = 0;     // throughput at N = 1, in the unit of the throughputs
  double sigma = 0;      // contention: the share of work that has to queue
  double kappa = 0;      // coherency: the cost of keeping each pair consistent
  double r_squared = 0;  // of the throughputs; 0 when they are all the same
  // Where X is greatest, sqrt((1 - sigma) / kappa), at least 1. Empty when there is no peak, kappa
  // <= 0 or sigma outside [0, 1], and when it lies beyond valid_to.
  std::optional<double> peak_n;
  // Where growing in proportion, lambda N, would reach the ceiling, which is the most that the fit
  // gives up to valid_to: below it requests in flight are what is short, above it capacity is, and
  // more of them only wait. Empty outside the measured range: a knee above the largest N means
  // that even twice that N is used to more than half.
  // Source: the intersection of the asymptotic bounds, Denning and Buzen, The Operational Analysis
  // of Queueing Network Models, ACM Computing Surveys 10 (1978); without kappa and with N going to
  // infinity it is Gunther's 1 / sigma.
  std::optional<double> knee_n;
  // Twice the largest N that was measured. The law says nothing of what lies further.
  double valid_to = 0;

  // X(n), 0 < n <= valid_to.
  double at(double n) const;
};

// Fits the law to pairs of N and X, in any order, several of one N allowed. N / X is linear in
// 1/lambda, sigma/lambda and kappa/lambda; each point is weighted by (X / N)^2, for throughputs
// vary in proportion to their size. Weighted so, and taken as linear, the fit has one solution and
// needs no starting value.
// Empty with fewer than kFewestUslPoints distinct N, with values that are not positive and finite,
// and when the best fit is no throughput at all (lambda not positive, or X not positive somewhere
// up to valid_to).
std::optional<UslFit> fit_usl(std::span<const std::pair<double, double>> points);

}  // namespace asyncbench::analyze
