// Fast pseudo-random numbers from a seed: SplitMix64 (Steele, Lea, Flood: Fast Splittable
// Pseudorandom Number Generators, 2014).
#pragma once

#include <cstdint>

namespace asyncbench::load {

inline constexpr std::uint64_t kSplitMixGamma = 0x9e3779b97f4a7c15ULL;

// The random number for `state`; neighbouring states give unrelated numbers.
constexpr std::uint64_t split_mix(std::uint64_t state) {
  std::uint64_t z = state + kSplitMixGamma;
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31U);
}

// A random sequence; each pair of a seed and a stream has its own.
class RandomSequence {
 public:
  RandomSequence(std::uint64_t seed, std::uint64_t stream)
      : state_(split_mix(seed) ^ split_mix(~stream)) {}

  // Uniform on [0, limit), except for a bias of limit / 2^64 (D. Lemire: Fast Random Integer
  // Generation in an Interval, 2019).
  std::uint64_t below(std::uint64_t limit) {
    const std::uint64_t random = split_mix(state_);
    state_ += kSplitMixGamma;
    __extension__ using Wide = unsigned __int128;
    return static_cast<std::uint64_t>((Wide{random} * limit) >> 64U);
  }

 private:
  std::uint64_t state_;
};

}  // namespace asyncbench::load
