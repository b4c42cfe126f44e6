#include "analyze/change_points.hpp"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cassert>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <random>

#include "analyze/power.hpp"
#include "analyze/statistics.hpp"

namespace asyncbench::analyze {
namespace {

double mean_of(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// The sum of the squared distances from the mean.
double squares_of(std::span<const double> values) {
  const double mean = mean_of(values);
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return squares;
}

// Two-sided p of a difference with that standard error; 0 where nothing varies.
double student_p(double difference, double error, double degrees) {
  if (error == 0) return 0;
  const boost::math::students_t_distribution<double> student(degrees);
  return 2 * boost::math::cdf(boost::math::complement(student, std::abs(difference) / error));
}

// P(U = u) for u = 0, 1, ..., m n: U counts the pairs of one of m and one of n values in which the
// first is greater. By the number of subsets of m of the ranks 1 ... m + n with a sum.
std::vector<double> mann_whitney(std::size_t m, std::size_t n) {
  const std::size_t least = m * (m + 1) / 2;
  const std::size_t greatest = least + m * n;
  // subsets[k][s]: of k ranks with the sum s.
  std::vector<std::vector<double>> subsets(m + 1, std::vector<double>(greatest + 1, 0));
  subsets[0][0] = 1;
  for (std::size_t rank = 1; rank <= m + n; ++rank) {
    for (std::size_t k = std::min(rank, m); k >= 1; --k) {
      for (std::size_t s = greatest; s >= rank; --s) subsets[k][s] += subsets[k - 1][s - rank];
    }
  }
  std::vector<double> p(subsets[m].begin() + static_cast<std::ptrdiff_t>(least), subsets[m].end());
  const double all = std::accumulate(p.begin(), p.end(), 0.0);
  for (double& each : p) each /= all;
  return p;
}

struct Stretch {
  std::size_t begin = 0;
  std::size_t end = 0;  // 0: there is none
  double statistic = 0;
};

// The stretches of a series that can be cut out.
class Stretches {
 public:
  explicit Stretches(std::span<const std::size_t> sources) : size_(sources.size()) {
    for (std::size_t i = 0; i <= size_; ++i) {
      const bool inside = i >= kShortestLevel && i + kShortestLevel <= size_;
      if (i == 0 || i == size_ || (inside && sources[i] != sources[i - 1])) ends_.push_back(i);
    }
    const auto n = static_cast<double>(size_);
    scale_.resize(size_ + 1);
    for (std::size_t i = 1; i < size_; ++i) {
      const auto length = static_cast<double>(i);
      scale_[i] = std::sqrt(n / (length * (n - length)));
    }
  }

  // The one with the greatest |sum of the values| / sqrt(L (n - L) / n), L its length, the mean of
  // all values being 0. A step anywhere is a stretch at the end, and a stretch at the beginning the
  // same as the rest after it.
  Stretch greatest(std::span<const double> values) {
    sums_.resize(size_ + 1);
    std::partial_sum(values.begin(), values.end(), sums_.begin() + 1);
    Stretch found;
    count_ = 0;
    for (std::size_t b = 1; b < ends_.size(); ++b) {
      const std::size_t begin = ends_[b];
      for (std::size_t e = b + 1; e < ends_.size(); ++e) {
        const std::size_t end = ends_[e];
        if (end - begin < kShortestLevel) continue;
        ++count_;
        const double statistic = std::abs(sums_[end] - sums_[begin]) * scale_[end - begin];
        // Not for what rounding alone makes greater: the first of equals is taken.
        if (statistic > found.statistic * (1 + kRounding)) found = {begin, end, statistic};
      }
    }
    return found;
  }

  std::size_t count() const { return count_; }

  static constexpr double kRounding = 1e-9;

 private:
  std::size_t size_;
  std::vector<std::size_t> ends_;
  std::vector<double> scale_;  // by length
  std::vector<double> sums_;   // of the values before each index
  std::size_t count_ = 0;
};

// The values about their mean, the wild ones drawn in.
std::vector<double> drawn_in(std::span<const double> values) {
  constexpr double kWild = 3;
  std::vector<double> centred(values.begin(), values.end());
  const double middle = median(values);
  // 0 where more than half of the values are equal: counts, whose every step tells.
  const double reach = kWild * robust_deviation(values);
  if (reach > 0) {
    for (double& value : centred) value = std::clamp(value, middle - reach, middle + reach);
  }
  const double mean = mean_of(centred);
  for (double& value : centred) value -= mean;
  return centred;
}

// What chance makes of it, at most `alpha`; or 1.
double p_of(const Stretch& found, std::vector<double> values, Stretches& stretches, double alpha) {
  const std::size_t n = values.size();
  const std::span<const double> all = values;
  std::vector<double> others(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(found.begin));
  others.insert(others.end(), all.begin() + static_cast<std::ptrdiff_t>(found.end), all.end());
  const std::span<const double> inside = all.subspan(found.begin, found.end - found.begin);
  const auto degrees = static_cast<double>(n - 2);
  const double variance = (squares_of(inside) + squares_of(others)) / degrees;
  const double error = std::sqrt(
      variance * (1 / static_cast<double>(inside.size()) + 1 / static_cast<double>(others.size())));
  const double by_student = static_cast<double>(stretches.count()) *
                            student_p(mean_of(inside) - mean_of(others), error, degrees);

  constexpr std::size_t kOrders = 999;
  std::mt19937_64 random(n);
  std::size_t as_great = 1;  // the order at hand
  for (std::size_t i = 0; i < kOrders; ++i) {
    std::ranges::shuffle(values, random);
    if (stretches.greatest(values).statistic >= found.statistic * (1 - Stretches::kRounding)) {
      ++as_great;
    }
    if (static_cast<double>(as_great) > alpha * (kOrders + 1)) return 1;
  }
  return std::min(static_cast<double>(as_great) / (kOrders + 1), by_student);
}

// The changes of a part of the series, with no regard to their size.
void cut(std::span<const double> values, std::span<const std::size_t> sources, std::size_t offset,
         double alpha, std::vector<ChangePoint>& changes) {
  if (values.size() < 2 * kShortestLevel) return;
  Stretches stretches(sources);
  const std::vector<double> centred = drawn_in(values);
  const Stretch found = stretches.greatest(centred);
  if (found.end == 0) return;
  const double p = p_of(found, centred, stretches, alpha);
  if (p > alpha) return;
  std::size_t from = 0;
  for (const std::size_t to : {found.begin, found.end, values.size()}) {
    if (to == from) continue;
    cut(values.subspan(from, to - from), sources.subspan(from, to - from), offset + from, alpha,
        changes);
    if (to < values.size()) changes.push_back({.at = offset + to, .shift = {}, .p = p});
    from = to;
  }
}

// The shift at changes[i], from the values between its neighbours.
Location shift_at(std::span<const double> values, const std::vector<ChangePoint>& changes,
                  std::size_t i) {
  const std::size_t at = changes[i].at;
  const std::size_t from = i == 0 ? 0 : changes[i - 1].at;
  const std::size_t to = i + 1 == changes.size() ? values.size() : changes[i + 1].at;
  const std::size_t before = std::min(at - from, kMostNear);
  const std::size_t since = std::min(to - at, kMostNear);
  constexpr double kEachSide = 0.025;
  return shift_between(values.subspan(at - before, before), values.subspan(at, since), kEachSide);
}

// Drops what is no change by the rule, one at a time.
void prune(std::span<const double> values, double margin, std::vector<ChangePoint>& changes) {
  for (;;) {
    auto smallest = changes.end();
    for (auto change = changes.begin(); change != changes.end(); ++change) {
      change->shift = shift_at(values, changes, static_cast<std::size_t>(change - changes.begin()));
      const Location& shift = change->shift;
      const double size = std::abs(shift.estimate);
      if (size >= margin && (shift.low > 0 || shift.high < 0)) continue;
      if (smallest == changes.end() || size < std::abs(smallest->shift.estimate)) smallest = change;
    }
    if (smallest == changes.end()) return;
    changes.erase(smallest);
  }
}

}  // namespace

Location shift_between(std::span<const double> earlier, std::span<const double> later,
                       double alpha_each_side) {
  assert(!earlier.empty() && earlier.size() <= kMostNear);
  assert(!later.empty() && later.size() <= kMostNear);
  assert(alpha_each_side > 0 && alpha_each_side < 0.5);
  std::vector<double> differences;
  differences.reserve(earlier.size() * later.size());
  for (const double after : later) {
    for (const double before : earlier) differences.push_back(after - before);
  }
  std::ranges::sort(differences);
  const std::vector<double> p = mann_whitney(later.size(), earlier.size());
  std::size_t rank = 0;
  double tail = 0;
  while (tail + p[rank] <= alpha_each_side) tail += p[rank++];
  Location location = locate(differences, rank);
  location.alpha_each_side = alpha_each_side;
  location.reached_alpha = tail;
  location.degenerate = is_degenerate(differences);
  return location;
}

std::vector<ChangePoint> change_points(std::span<const double> values,
                                       std::span<const std::size_t> sources,
                                       const ChangeRule& rule) {
  assert(values.size() == sources.size());
  const std::size_t skipped = values.size() - std::min(values.size(), kMostSearched);
  values = values.subspan(skipped);
  std::vector<ChangePoint> changes;
  cut(values, sources.subspan(skipped), 0, rule.alpha, changes);
  prune(values, rule.margin, changes);
  for (ChangePoint& change : changes) change.at += skipped;
  return changes;
}

std::optional<FreshChange> fresh_change(std::span<const double> values,
                                        std::span<const std::size_t> sources, double margin) {
  assert(values.size() == sources.size());
  std::optional<FreshChange> best;
  std::size_t places = 0;
  for (std::size_t last = 1; last <= kMostFresh && last + kShortestLevel <= values.size(); ++last) {
    const std::size_t at = values.size() - last;
    if (sources[at] == sources[at - 1]) continue;
    ++places;
    const std::span<const double> before = values.first(at);
    const std::span<const double> since = values.subspan(at);
    const double level = mean_of(before);
    const double shift = mean_of(since) - level;
    const bool beyond = std::ranges::all_of(since, [&](double value) {
      return shift > 0 ? value - level >= margin : level - value >= margin;
    });
    if (!beyond) continue;
    const auto n = static_cast<double>(at);
    const double error =
        std::sqrt(squares_of(before) / (n - 1) * (1 / n + 1 / static_cast<double>(last)));
    const double p = student_p(shift, error, n - 1);
    if (!best || p < best->p) best = FreshChange{.at = at, .shift = shift, .p = p};
  }
  if (best) best->p = std::min(1.0, best->p * static_cast<double>(places));
  return best;
}

}  // namespace asyncbench::analyze
