// What a count of hits says about their probability.
#pragma once

#include <cstdint>

namespace asyncbench::analyze {

// The upper limit of the probability of a hit, one-sided, after `hits` in `of` independent trials:
// the truth is above it in at most 1 - confidence of all cases. 0 hits in 59 at 95 % mean at most
// 5 %. 1 without trials. hits <= of, 0 < confidence < 1.
// Source: Clopper and Pearson, Biometrika 26 (1934).
double proportion_upper_bound(std::uint64_t hits, std::uint64_t of, double confidence);

}  // namespace asyncbench::analyze
