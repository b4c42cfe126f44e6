#include "analyze/multiplicity.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>

namespace asyncbench::analyze {
namespace {

std::vector<std::size_t> ascending(std::span<const double> p) {
  assert(std::ranges::all_of(p, [](double value) { return value >= 0 && value <= 1; }));
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t i) { return p[i]; });
  return order;
}

}  // namespace

std::vector<double> holm(std::span<const double> p) {
  const std::vector<std::size_t> order = ascending(p);
  std::vector<double> adjusted(p.size());
  double greatest = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto left = static_cast<double>(order.size() - i);
    greatest = std::max(greatest, std::min(1.0, left * p[order[i]]));
    adjusted[order[i]] = greatest;
  }
  return adjusted;
}

std::vector<double> benjamini_hochberg(std::span<const double> p) {
  const std::vector<std::size_t> order = ascending(p);
  std::vector<double> adjusted(p.size());
  const auto m = static_cast<double>(order.size());
  double least = 1;
  for (std::size_t i = order.size(); i > 0; --i) {
    least = std::min(least, p[order[i - 1]] * m / static_cast<double>(i));
    adjusted[order[i - 1]] = least;
  }
  return adjusted;
}

std::size_t fewest_pairs(std::size_t hypotheses, double alpha) {
  assert(alpha > 0);
  // Halving is exact, where a logarithm would round a power of two to either side of itself.
  std::size_t pairs = 0;
  auto least_p = static_cast<double>(hypotheses);
  while (least_p > alpha) {
    least_p /= 2;
    ++pairs;
  }
  return pairs;
}

}  // namespace asyncbench::analyze
