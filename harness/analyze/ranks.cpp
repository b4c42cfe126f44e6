#include "analyze/ranks.hpp"

#include <algorithm>
#include <numeric>

namespace asyncbench::analyze {

std::vector<double> midranks(std::span<const double> values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t i) { return values[i]; });
  std::vector<double> ranks(values.size());
  for (std::size_t i = 0; i < order.size();) {
    std::size_t j = i;
    while (j < order.size() && values[order[j]] == values[order[i]]) ++j;
    const double rank = static_cast<double>(i + 1 + j) / 2;
    for (; i < j; ++i) ranks[order[i]] = rank;
  }
  return ranks;
}

}  // namespace asyncbench::analyze
