// Where the differences of pairs lie, and how surely.
#pragma once

#include <cstddef>
#include <span>

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

// What estimators by order statistics have in common: the median of the `sorted` candidates, and
// the interval from the rank-th smallest to the rank-th largest of them; infinite for rank 0. Both
// ends belong to the interval, which is what lets it keep its level with ties: break them by a
// vanishing noise, and the intervals of the noisy values, which hold, shrink onto it. Sets no
// alphas and no flag. Without candidates the estimate is 0 and the interval infinite.
Location locate(std::span<const double> sorted, std::size_t rank);

// All equal and not 0, as Location::degenerate.
bool is_degenerate(std::span<const double> differences);

}  // namespace asyncbench::analyze
