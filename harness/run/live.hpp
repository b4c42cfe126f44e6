// How a trial does while it runs: what a client says once a second where it is asked to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>

#include "core/time.hpp"
#include "measure/recorder.hpp"

namespace asyncbench::run {

namespace report {

// Of the requests that ended in the window since the last such report.
struct Progress {
  Duration active{0};  // of it, when the cell was at work: the window, or its turns in it
  std::uint64_t ok = 0;
  std::uint64_t failed = 0;
  std::optional<std::int64_t> p50_ns;  // response times, in closed loop service times; empty: none
  std::optional<std::int64_t> p99_ns;
};

}  // namespace report

inline constexpr Duration kLiveEvery = std::chrono::seconds(1);

using TellProgress = std::function<void(const report::Progress&)>;

// Tells what several clients say of the same second as one: their counts add up. Percentiles of
// parts do not make those of the whole, and are left out.
TellProgress told_together(TellProgress tell, std::size_t clients);

// Takes what has been counted so far apart into reports.
class LiveMeter {
 public:
  // `active`: how long the cell has been at work so far, from any beginning.
  explicit LiveMeter(Duration active) : active_(active) {}

  report::Progress take(measure::Tally so_far, Duration active);

 private:
  measure::Tally last_;
  Duration active_;
};

}  // namespace asyncbench::run
