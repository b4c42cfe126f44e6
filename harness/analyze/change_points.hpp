// Where a series of values moved to another level, and stayed there: one value a run of the
// program, in the order of the runs.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "analyze/paired.hpp"

namespace asyncbench::analyze {

// By how much the later values lie above the earlier ones: Hodges and Lehmann's estimate for two
// samples, the median of all differences, with the interval from the C-th smallest to the C-th
// largest of them, C the largest with P(U <= C - 1) <= alpha_each_side, U being Mann and Whitney's
// statistic without ties: the rank-sum test inverted, exact. Without an interval (infinite) where
// even the smallest tail is greater: 3 and 5 values, or 4 and 4, are the fewest for 95 %. Neither
// may be empty, each has at most kMostNear values, all finite. 0 < alpha_each_side < 0.5.
// Source: Hollander, Wolfe and Chicken, Nonparametric Statistical Methods, 3rd edition, sections
// 4.2 and 4.3.
inline constexpr std::size_t kMostNear = 20;
Location shift_between(std::span<const double> earlier, std::span<const double> later,
                       double alpha_each_side);

// What counts as a change.
struct ChangeRule {
  double margin = 0;  // smaller shifts are none, in the units of the values
  double alpha = 0.01;
};

// A level holds for at least so many values: fewer in a row are outliers.
inline constexpr std::size_t kShortestLevel = 3;

struct ChangePoint {
  std::size_t at = 0;  // the index of the first value of the new level
  Location shift;      // from the values before it to those since, kMostNear at most each; 95 %
  // That so great a step is found without a change: counted in the random orders, or less, where
  // Student's t times the number of stretches says so. Random orders alone cannot tell one in a
  // thousand from one in a million, which matters among many series.
  double p = 1;
};

// The changes in their order. `sources` says what each value is from (a build of the program): the
// level can change only where the source does. Of a series longer than kMostSearched, the latest
// values are searched; `at` counts from its beginning all the same. The same values give the same
// answer.
//
// The stretch of values is sought whose mean differs most from that of all others: the greatest
// standardized sum, over every stretch at the end or in the middle that leaves kShortestLevel
// values on either side or none. A step that was taken back later, which halves a series in no
// place, is a stretch like any other. As great a one must come by chance in at most `alpha` of 999
// random orders of the values (from a fixed seed). Then the stretch is cut out, and the parts are
// searched again. At the end a change whose shift is less than the margin, or whose interval holds
// 0, is dropped, the smallest first, and its neighbours are judged anew.
//
// Random orders assume no distribution. They assume that without a change the order of the runs
// tells nothing: a slow drift is found as steps. Values farther than 3 robust deviations from the
// median count as if they lay there, so that one wild value weighs no more than that.
//
// Sources: Olshen, Venkatraman, Lucito and Wigler, Biostatistics 5 (2004), on cutting out
// stretches; Matteson and James, JASA 109 (2014), on significance by random orders. Daly, Brown,
// Ingo, O'Leary and Bradford, ICPE 2020 (MongoDB), and Fleming et al., ICPE 2023 (Hunter), on the
// use for performance over commits, and on dropping small changes at the end.
inline constexpr std::size_t kMostSearched = 200;
std::vector<ChangePoint> change_points(std::span<const double> values,
                                       std::span<const std::size_t> sources,
                                       const ChangeRule& rule);

// Whether the last values, too few for the above, have left the level of those before: the number
// of them (at least 1, at most kMostFresh) with the smallest p.
inline constexpr std::size_t kMostFresh = 4;
struct FreshChange {
  std::size_t at = 0;
  double shift = 0;  // between the means
  double p = 1;
};

// The mean of the last values is compared with that of the earlier ones (kShortestLevel at least),
// whose spread says how far it may lie by chance: Student's t of a prediction, with one less than
// as many degrees of freedom, times the number of places tried. Every one of the last values must
// lie beyond the margin on the same side. It assumes a normal distribution, which the test above
// does not, and is what can be said before that one can tell. Empty where there is no such place.
// Source: Hahn and Meeker, Statistical Intervals, section 4.8, for the mean of future values.
std::optional<FreshChange> fresh_change(std::span<const double> values,
                                        std::span<const std::size_t> sources, double margin);

}  // namespace asyncbench::analyze
