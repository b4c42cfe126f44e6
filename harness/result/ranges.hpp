// What a number can be, by the name that it stands under: once, for results, journals and what
// participants report. The unit that ends a name decides, as it does for figures
// (analyze/figures.hpp).
#pragma once

#include <string_view>

namespace asyncbench::result {

struct Range {
  double least;
  double most;

  bool has(double value) const { return value >= least && value <= most; }  // not a NaN
};

// No time that we measure is longer than this, 31 years, and no count greater. Several of them add
// up in 64 bits, and every loop over one has an end.
inline constexpr double kMostOfAnything = 1e18;
// No rate: a million events in each nanosecond.
inline constexpr double kMostPerSecond = 1e15;

// Times and rates are never negative. A figure of another kind may be, such as the slope of a line.
constexpr Range range_of(std::string_view name) {
  if (name.ends_with("_per_s")) return {0, kMostPerSecond};
  if (name.ends_with("_ns")) return {0, kMostOfAnything};
  return {-kMostOfAnything, kMostOfAnything};
}

// Whether the name says what its number is; otherwise the name above it does: "median" of
// "throughput_per_s".
constexpr bool names_unit(std::string_view name) {
  return name.ends_with("_per_s") || name.ends_with("_ns");
}

}  // namespace asyncbench::result
