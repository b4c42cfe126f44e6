#include "analyze/location.hpp"

#include <algorithm>
#include <cassert>
#include <limits>

#include "analyze/statistics.hpp"

namespace asyncbench::analyze {

Location locate(std::span<const double> sorted, std::size_t rank) {
  assert(2 * rank <= sorted.size() + 1);
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  return {.estimate = sorted.empty() ? 0.0 : median(sorted),
          .low = rank == 0 ? -kInfinity : sorted[rank - 1],
          .high = rank == 0 ? kInfinity : sorted[sorted.size() - rank]};
}

bool is_degenerate(std::span<const double> differences) {
  return differences.size() >= 2 && differences[0] != 0 &&
         std::ranges::all_of(differences, [&](double d) { return d == differences[0]; });
}

}  // namespace asyncbench::analyze
