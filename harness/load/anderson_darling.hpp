// Tests whether gaps between arrivals are those of a Poisson process.
#pragma once

#include <cstddef>
#include <span>

namespace asyncbench::load {

// Anderson-Darling's A^2 for gaps against the exponential distribution with a known rate. For
// kFewestGaps or more exponential gaps, a value above kAndersonDarlingOnePercent has a probability
// of 1 %. Source: Stephens, JASA 69 (1974), case 0. The gaps must be positive, and there must be
// one.
double anderson_darling_exponential(std::span<const double> gaps, double rate);
inline constexpr double kAndersonDarlingOnePercent = 3.857;
inline constexpr std::size_t kFewestGaps = 5;

}  // namespace asyncbench::load
