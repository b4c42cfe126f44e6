// Time as tasks, strategies and measurements see it: nanoseconds of CLOCK_MONOTONIC.
#pragma once

#include <chrono>
#include <cstdint>

namespace asyncbench {

// libstdc++'s steady_clock is CLOCK_MONOTONIC, read through the vDSO. Participants exchange such
// times as integers: the clock is one for all processes of a machine.
using Clock = std::chrono::steady_clock;
using Time = Clock::time_point;
using Duration = std::chrono::nanoseconds;

static_assert(std::is_same_v<Clock::duration, Duration>, "times are exchanged as nanoseconds");

inline constexpr Time kNever = Time::max();

inline Time now() { return Clock::now(); }

// What is left until `due`, nothing when it has passed. A plain difference overflows for times near
// Time::min(), which are past as any other.
inline Duration time_left(Time due) {
  const Time at = now();
  return due > at ? due - at : Duration::zero();
}

// `due`, put off; kNever stays what it is.
inline Time put_off(Time due, Duration by) { return due < kNever - by ? due + by : kNever; }

// For JSON and shared atomics. Unit: nanoseconds since the clock's epoch (boot).
inline std::int64_t to_ns(Time time) { return time.time_since_epoch().count(); }
inline Time from_ns(std::int64_t ns) { return Time{Duration{ns}}; }

}  // namespace asyncbench
