#include "analyze/machine_states.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace asyncbench::analyze {
namespace {

constexpr double kNotMeasured = std::numeric_limits<double>::quiet_NaN();

// Mean and standard deviation of sorted[begin, end), by sums of all before an index.
class Sums {
 public:
  explicit Sums(const std::vector<double>& values) {
    for (const double value : values) {
      sum_.push_back(sum_.back() + value);
      squares_.push_back(squares_.back() + value * value);
    }
  }
  double mean(std::size_t begin, std::size_t end) const {
    return (sum_[end] - sum_[begin]) / static_cast<double>(end - begin);
  }
  // The sum of squared deviations from the mean.
  double spread(std::size_t begin, std::size_t end) const {
    const double mean_here = mean(begin, end);
    const double squares = squares_[end] - squares_[begin];
    return std::max(0.0, squares - mean_here * mean_here * static_cast<double>(end - begin));
  }

 private:
  std::vector<double> sum_{0};
  std::vector<double> squares_{0};
};

}  // namespace

std::optional<MachineStates> states_of(std::vector<std::int64_t> canaries_ns) {
  constexpr std::size_t kFewest = 20;
  constexpr double kLeastShare = 0.1;
  constexpr double kLeastFactor = 1.1;
  constexpr double kWidest = 0.2;  // a side's standard deviation, as a share of the distance
  std::erase_if(canaries_ns, [](std::int64_t canary) { return canary <= 0; });
  const std::size_t n = canaries_ns.size();
  if (n < kFewest) return std::nullopt;
  std::ranges::sort(canaries_ns);
  std::vector<double> logs;
  for (const std::int64_t canary : canaries_ns) {
    // Of one origin, so that the squares lose no digits.
    logs.push_back(
        std::log(static_cast<double>(canary) / static_cast<double>(canaries_ns.front())));
  }
  const Sums sums(logs);
  const auto within = [&](std::size_t split) {
    return sums.spread(0, split) + sums.spread(split, n);
  };
  std::size_t split = 1;
  for (std::size_t i = 2; i < n; ++i) {
    if (within(i) < within(split)) split = i;
  }
  const double distance = sums.mean(split, n) - sums.mean(0, split);
  const double deviation = std::sqrt(within(split) / static_cast<double>(n));
  const double share = static_cast<double>(split) / static_cast<double>(n);
  if (std::min(share, 1 - share) < kLeastShare || distance < std::log(kLeastFactor) ||
      deviation > kWidest * distance) {
    return std::nullopt;
  }
  return MachineStates{
      .split_ns = std::sqrt(static_cast<double>(canaries_ns[split - 1]) *
                            static_cast<double>(canaries_ns[split])),
      .factor = std::exp(distance),
      .fast_share = share,
  };
}

std::vector<std::int64_t> canaries_of(std::span<const result::Cell* const> cells) {
  std::vector<std::int64_t> canaries_ns;
  for (const result::Cell* cell : cells) {
    for (const result::Trial* trial : cell->valid_trials()) {
      if (!trial->turns) continue;
      for (const result::Turn& turn : trial->turns->rounds) {
        if (turn.canary_ns) canaries_ns.push_back(*turn.canary_ns);
      }
    }
  }
  return canaries_ns;
}

CellFigures in_state(CellFigures figures, const result::Cell& cell, const MachineStates& states,
                     MachineState state) {
  for (const result::Trial* trial : cell.valid_trials()) {
    const auto block = figures.find(trial->block);
    if (block == figures.end()) continue;
    for (auto& [name, reading] : block->second) {
      // Without any round left, the value must not stand for them.
      reading.value = kNotMeasured;
      for (std::size_t i = 0; i < reading.rounds.size(); ++i) {
        const auto& rounds = trial->turns->rounds;
        const auto canary = i < rounds.size() ? rounds[i].canary_ns : std::nullopt;
        if (!canary || states.of(*canary) != state) reading.rounds[i] = kNotMeasured;
      }
    }
  }
  return figures;
}

}  // namespace asyncbench::analyze
