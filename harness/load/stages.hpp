// Rates that change while an open loop runs: one stage after the other, and how a schedule of one
// mean rate is stretched to them.
#pragma once

#include <cstddef>
#include <vector>

#include "core/time.hpp"

namespace asyncbench::load {

// So many requests a second for so long; a ramp ends with another rate than it began with.
struct Stage {
  Duration length{0};
  double begin_per_s = 0;  // above 0, as is the other
  double end_per_s = 0;

  double arrivals() const;  // that are expected in it

  bool operator==(const Stage&) const = default;
};

// In their order; together they are a window.
using Stages = std::vector<Stage>;

Duration length_of(const Stages& stages);
double mean_rate_per_s(const Stages& stages);

// The stage that so much time after the first one's beginning lies in; the first before them all,
// the last after them all. Not of none.
std::size_t stage_at(const Stages& stages, Duration since_start);

// Time as an arrival schedule of the mean rate has it: it runs faster where the rate is above the
// mean, so that arrivals that are Poisson or evenly spaced in it come at the stages' rates on the
// clock. A time change of a Poisson process is one of the changed rate (Cinlar, Introduction to
// Stochastic Processes, 1975, section 4.7). Before the first stage its first rate holds, after the
// last its last.
class StageClock {
 public:
  // The schedule's time is 0 at `begin`, and the first stage begins at `start`. Not of none.
  StageClock(Stages stages, Time begin, Time start);

  Time on_clock(Time scheduled) const;
  // The first time of the schedule that is not before `at` on the clock.
  Time in_schedule(Time at) const;

 private:
  // How many arrivals are expected from the first stage's beginning until then, which may be
  // negative; and the opposite, in seconds.
  double arrivals_until(double seconds) const;
  double seconds_until(double arrivals) const;

  Stages stages_;
  Time start_;
  double mean_per_s_;
  double arrivals_before_;  // expected between `begin` and the start
};

}  // namespace asyncbench::load
