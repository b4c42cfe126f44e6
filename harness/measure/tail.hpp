// What explains the slow requests of a window: the plain values that go into the result.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/batch_sizes.hpp"
#include "measure/anatomy.hpp"
#include "measure/timeline.hpp"

namespace asyncbench::measure {

// A thread off the CPU, as in OffCpuSpan.
struct Absence {
  std::int32_t thread = 0;
  std::int64_t out_ns = 0;
  std::int64_t woken_ns = 0;
  std::int64_t in_ns = 0;
  std::uint64_t reason = 0;  // index into Excerpt::reasons

  bool operator==(const Absence&) const = default;
};

// Everything that was recorded in a short part of the window, around its slowest request.
struct Excerpt {
  std::vector<Turn> turns;
  std::vector<Absence> absences;
  std::vector<std::string> reasons;

  bool operator==(const Excerpt&) const = default;
};

// Only requests that ended ok and lay completely in the window are in it.
struct Tail {
  std::uint64_t requests = 0;
  // The least latency of the slowest 0.1 %: the window's p99.9.
  std::int64_t p99_9_ns = 0;
  RequestGroup slow;                    // the slowest 0.1 %, at most kTailMax
  RequestGroup typical;                 // a random sample of all
  std::vector<RequestAnatomy> slowest;  // the slowest first
  std::vector<RequestAnatomy> sample;
  Excerpt excerpt;

  bool operator==(const Tail&) const = default;
};

inline constexpr std::size_t kSlowestShown = 10;
inline constexpr std::size_t kSampled = 100;
inline constexpr std::size_t kTailMax = 1024;
inline constexpr std::size_t kExcerptTurns = 2000;

}  // namespace asyncbench::measure
