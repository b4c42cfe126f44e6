// Many hypotheses at once: the chance that one of them is rejected falsely grows with their number.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace asyncbench::analyze {

// Adjusted p values, in the order of `p`, each in [0, 1]: rejecting those that are at most alpha
// keeps the probability of any false rejection at alpha, whatever the dependence between the
// hypotheses. Of m values, the i-th smallest is multiplied by m - i + 1, and is at least as large
// as those before it. Source: Holm, Scandinavian Journal of Statistics 6 (1979).
std::vector<double> holm(std::span<const double> p);

// Adjusted p values, in the order of `p`, each in [0, 1]: rejecting those that are at most q keeps
// the expected share of false ones among the rejections at q, for hypotheses that are independent
// or positively dependent. Of m values, the i-th smallest is multiplied by m / i, and is at most as
// large as those after it. Source: Benjamini and Hochberg, JRSS B 57 (1995).
std::vector<double> benjamini_hochberg(std::span<const double> p);

// The fewest pairs with which any of that many hypotheses can be rejected, ceil(log2(m / alpha)):
// an exact test by sign flips gives no p below 2^-n, and Holm multiplies the smallest by m. A plan
// with fewer pairs could only ever pass. alpha > 0.
std::size_t fewest_pairs(std::size_t hypotheses, double alpha);

}  // namespace asyncbench::analyze
