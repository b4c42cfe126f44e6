#include "analyze/statistics.hpp"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cassert>
#include <cmath>
#include <numeric>

#include "analyze/binomial.hpp"
#include "analyze/paired.hpp"

namespace asyncbench::analyze {
namespace {

constexpr double kTail = 0.025;  // 95 %, two-sided

double pearson(std::span<const double> x, std::span<const double> y) {
  const double mean_x = mean(x);
  const double mean_y = mean(y);
  double xy = 0;
  double xx = 0;
  double yy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    xy += (x[i] - mean_x) * (y[i] - mean_y);
    xx += (x[i] - mean_x) * (x[i] - mean_x);
    yy += (y[i] - mean_y) * (y[i] - mean_y);
  }
  return xx > 0 && yy > 0 ? xy / std::sqrt(xx * yy) : 0;
}

}  // namespace

double mean(std::span<const double> values) {
  assert(!values.empty());
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double standard_deviation(std::span<const double> values) {
  assert(values.size() >= 2);
  const double middle = mean(values);
  double squares = 0;
  for (const double value : values) squares += (value - middle) * (value - middle);
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

double median(std::span<const double> values) {
  assert(!values.empty());
  std::vector<double> sorted(values.begin(), values.end());
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
  std::ranges::nth_element(sorted, middle);
  if (sorted.size() % 2 == 1) return *middle;
  return (*std::max_element(sorted.begin(), middle) + *middle) / 2;
}

result::Estimate estimate(std::span<const double> values) {
  assert(!values.empty());
  const Location location = median_with_sign_interval(values, kTail);
  result::Estimate estimate{.median = location.estimate,
                            .low = std::ranges::min(values),
                            .high = std::ranges::max(values),
                            .trials = static_cast<std::int64_t>(values.size())};
  if (values.size() == 1) return estimate;
  if (std::isinf(location.low)) {
    estimate.interval = result::IntervalKind::range;
    return estimate;
  }
  estimate.interval = result::IntervalKind::sign_95;
  estimate.low = location.low;
  estimate.high = location.high;
  return estimate;
}

bool has_quantile_interval(std::uint64_t n, std::uint64_t known, double q) {
  if (known == 0) return false;
  // Even the smallest value is a lower limit too rarely, or the largest known an upper one.
  return lower_limit_exists(kTail, n, q) && binomial_at_most(known - 1, n, q) >= 1 - kTail;
}

CensoredLatencies::CensoredLatencies(measure::Distribution ended,
                                     const measure::Distribution& censored)
    : completed(std::move(ended)), all(completed.merged(censored)) {}

std::int64_t CensoredLatencies::at(double percent) const {
  return all.value_at_rank(percentile_rank(percent, all.count()));
}

std::optional<std::int64_t> CensoredLatencies::if_never_ended(double percent) const {
  // The unfinished ones stand behind all others.
  const std::uint64_t rank = percentile_rank(percent, all.count());
  if (rank > completed.count()) return std::nullopt;
  return completed.value_at_rank(rank);
}

std::uint64_t percentile_rank(double percent, std::uint64_t n) {
  assert(n > 0);
  const auto exact = static_cast<long double>(n) * percent / 100;
  return std::clamp<std::uint64_t>(
      static_cast<std::uint64_t>(std::ceil(exact - 1e-9L * static_cast<long double>(n))), 1, n);
}

Percentile percentile(const CensoredLatencies& latencies, double percent) {
  const std::uint64_t n = latencies.all.count();
  const std::uint64_t known = latencies.completed.count();
  Percentile result{.value_ns = latencies.at(percent)};
  const std::optional<std::int64_t> worst = latencies.if_never_ended(percent);
  result.at_least = !worst || static_cast<double>(*worst) >
                                  static_cast<double>(result.value_ns) * (1 + kCensoringMatters);
  result.unresolved = !has_quantile_interval(n, known, percent / 100);
  return result;
}

std::size_t mser5_truncation(std::span<const double> values) {
  constexpr std::size_t kBatch = 5;
  std::vector<double> means;
  for (std::size_t i = 0; i + kBatch <= values.size(); i += kBatch) {
    const auto batch = values.subspan(i, kBatch);
    means.push_back(std::accumulate(batch.begin(), batch.end(), 0.0) / kBatch);
  }
  // From the end backwards, so that each candidate's sum of squares comes from the one before it
  // (Welford's update, which does not cancel).
  std::size_t best = 0;
  double best_error = std::numeric_limits<double>::infinity();
  double mean = 0;
  double squares = 0;
  for (std::size_t left = 1; left <= means.size(); ++left) {
    const std::size_t cut = means.size() - left;
    const auto n = static_cast<double>(left);
    const double delta = means[cut] - mean;
    mean += delta / n;
    squares += delta * (means[cut] - mean);
    // Cutting more than half leaves too little to judge by.
    if (2 * cut <= means.size() && squares / (n * n) <= best_error) {
      best_error = squares / (n * n);
      best = cut;
    }
  }
  return best * kBatch;
}

Correlation spearman(std::span<const double> x, std::span<const double> y) {
  assert(x.size() == y.size());
  const std::size_t n = x.size();
  Correlation result;
  if (n < 3) return result;
  result.rho = pearson(midranks(x), midranks(y));
  if (n < 10) return result;
  const double rest = 1 - result.rho * result.rho;
  if (rest <= 0) {
    result.p = 0;
    return result;
  }
  const auto freedom = static_cast<double>(n - 2);
  const double t = std::abs(result.rho) * std::sqrt(freedom / rest);
  result.p = 2 * boost::math::cdf(boost::math::complement(
                     boost::math::students_t_distribution<double>(freedom), t));
  return result;
}

Correlation spearman_with_index(std::span<const double> values) {
  std::vector<double> index(values.size());
  std::iota(index.begin(), index.end(), 0.0);
  return spearman(index, values);
}

double theil_sen_slope(std::span<const double> values) {
  assert(values.size() >= 2);
  std::vector<double> slopes;
  slopes.reserve(values.size() * (values.size() - 1) / 2);
  for (std::size_t i = 0; i < values.size(); ++i) {
    for (std::size_t j = i + 1; j < values.size(); ++j) {
      slopes.push_back((values[j] - values[i]) / static_cast<double>(j - i));
    }
  }
  return median(slopes);
}

}  // namespace asyncbench::analyze
