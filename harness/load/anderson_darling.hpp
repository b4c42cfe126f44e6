// Whether gaps between arrivals are those of a Poisson process.
#pragma once

#include <cstddef>
#include <span>

namespace asyncbench::load {

// Anderson-Darling's A^2 of gaps against the exponential distribution with a known rate; above
// kAndersonDarlingOnePercent such gaps are improbable (1 %), given kFewestGaps or more. Source:
// Stephens, JASA 69 (1974), case 0. Gaps must be positive. Not of an empty span.
double anderson_darling_exponential(std::span<const double> gaps, double rate);
inline constexpr double kAndersonDarlingOnePercent = 3.857;
inline constexpr std::size_t kFewestGaps = 5;

}  // namespace asyncbench::load
