#include "analyze/usl.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <numeric>
#include <set>
#include <vector>

namespace asyncbench::analyze {
namespace {

using Column = std::vector<double>;

double dot(const Column& x, const Column& y) {
  return std::inner_product(x.begin(), x.end(), y.begin(), 0.0);
}

// y - factor * x, in place.
void subtract(Column& y, double factor, const Column& x) {
  for (std::size_t i = 0; i < y.size(); ++i) y[i] -= factor * x[i];
}

// The b with the least sum of squares of target - (b[0] columns[0] + b[1] columns[1] + ...). By
// modified Gram-Schmidt on the columns with the target appended: normal equations would square the
// condition, which N^2 beside 1 makes bad already.
// Source: Bjorck, Numerical Methods for Least Squares Problems, section 2.4.
std::array<double, 3> least_squares(std::array<Column, 3> columns, Column target) {
  std::array<std::array<double, 3>, 3> r{};
  std::array<double, 3> b{};
  for (std::size_t j = 0; j < columns.size(); ++j) {
    const double squared = dot(columns[j], columns[j]);
    for (std::size_t k = j + 1; k < columns.size(); ++k) {
      r[j][k] = dot(columns[j], columns[k]) / squared;
      subtract(columns[k], r[j][k], columns[j]);
    }
    b[j] = dot(columns[j], target) / squared;
    subtract(target, b[j], columns[j]);
  }
  for (std::size_t j = columns.size(); j-- > 0;) {
    for (std::size_t k = j + 1; k < columns.size(); ++k) b[j] -= r[j][k] * b[k];
  }
  return b;
}

bool positive(double value) { return std::isfinite(value) && value > 0; }

// 1 + sigma (n - 1) + kappa n (n - 1).
double slowdown(const UslFit& fit, double n) {
  return 1 + fit.sigma * (n - 1) + fit.kappa * n * (n - 1);
}

// Whether slowdown() stays positive up to valid_to. It is a parabola, so that it is least at an end
// or at its vertex.
bool positive_throughout(const UslFit& fit) {
  if (slowdown(fit, fit.valid_to) <= 0) return false;
  const double vertex = (fit.kappa - fit.sigma) / (2 * fit.kappa);
  return fit.kappa <= 0 || vertex <= 1 || vertex >= fit.valid_to || slowdown(fit, vertex) > 0;
}

std::optional<double> peak_of(const UslFit& fit) {
  if (fit.kappa <= 0 || fit.sigma < 0 || fit.sigma > 1) return std::nullopt;
  const double peak = std::max(1.0, std::sqrt((1 - fit.sigma) / fit.kappa));
  if (peak > fit.valid_to) return std::nullopt;
  return peak;
}

std::optional<double> knee_of(const UslFit& fit, double smallest_n, double largest_n) {
  double ceiling = std::max(fit.at(smallest_n), fit.at(fit.valid_to));
  if (fit.peak_n) ceiling = std::max(ceiling, fit.at(*fit.peak_n));
  const double knee = ceiling / fit.lambda;
  if (knee < smallest_n || knee > largest_n) return std::nullopt;
  return knee;
}

double r_squared_of(const UslFit& fit, std::span<const std::pair<double, double>> points) {
  double mean = 0;
  for (const auto& [n, x] : points) mean += x / static_cast<double>(points.size());
  double unexplained = 0;
  double total = 0;
  for (const auto& [n, x] : points) {
    unexplained += (x - fit.at(n)) * (x - fit.at(n));
    total += (x - mean) * (x - mean);
  }
  // Throughputs that differ by less than a millionth of their mean differ by rounding alone.
  const double rounding = 1e-12 * mean * mean * static_cast<double>(points.size());
  return total > rounding ? 1 - unexplained / total : 0;
}

}  // namespace

double UslFit::at(double n) const {
  assert(n > 0 && n <= valid_to);
  return lambda * n / slowdown(*this, n);
}

std::optional<UslFit> fit_usl(std::span<const std::pair<double, double>> points) {
  std::set<double> distinct;
  std::array<Column, 3> columns;
  for (const auto& [n, x] : points) {
    if (!positive(n) || !positive(x)) return std::nullopt;
    distinct.insert(n);
    // Divided by the response N / X, an error of one percent weighs the same at every point.
    const double weight = x / n;
    columns[0].push_back(weight);
    columns[1].push_back(weight * (n - 1));
    columns[2].push_back(weight * n * (n - 1));
  }
  if (distinct.size() < kFewestUslPoints) return std::nullopt;

  const auto [a, b, c] = least_squares(std::move(columns), Column(points.size(), 1.0));
  if (!positive(a)) return std::nullopt;
  UslFit fit{.lambda = 1 / a, .sigma = b / a, .kappa = c / a, .valid_to = 2 * *distinct.rbegin()};
  if (!positive_throughout(fit)) return std::nullopt;
  fit.r_squared = r_squared_of(fit, points);
  fit.peak_n = peak_of(fit);
  fit.knee_n = knee_of(fit, *distinct.begin(), *distinct.rbegin());
  return fit;
}

}  // namespace asyncbench::analyze
