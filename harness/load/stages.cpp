#include "load/stages.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace asyncbench::load {
namespace {

constexpr double kNsInSecond = 1e9;

double seconds_of(Duration duration) { return static_cast<double>(duration.count()) / kNsInSecond; }

// Times that are farther away, 31 years, do not matter, and sums cannot overflow.
Duration duration_of(double seconds) {
  constexpr double kFarthest = 1e9;
  return Duration{std::llround(std::clamp(seconds, -kFarthest, kFarthest) * kNsInSecond)};
}

// Of the line from the stage's first rate to its last: the area under its first `seconds`.
double arrivals_within(const Stage& stage, double seconds) {
  const double growth = (stage.end_per_s - stage.begin_per_s) / seconds_of(stage.length);
  return (stage.begin_per_s + growth / 2 * seconds) * seconds;
}

// The opposite: the root of that square equation, in the form that also holds without growth.
double seconds_within(const Stage& stage, double arrivals) {
  const double growth = (stage.end_per_s - stage.begin_per_s) / seconds_of(stage.length);
  const double root =
      std::sqrt(std::max(stage.begin_per_s * stage.begin_per_s + 2 * growth * arrivals, 0.0));
  return 2 * arrivals / (stage.begin_per_s + root);
}

}  // namespace

double Stage::arrivals() const { return (begin_per_s + end_per_s) / 2 * seconds_of(length); }

Duration length_of(const Stages& stages) {
  Duration length{0};
  for (const Stage& stage : stages) length += stage.length;
  return length;
}

double mean_rate_per_s(const Stages& stages) {
  double arrivals = 0;
  for (const Stage& stage : stages) arrivals += stage.arrivals();
  return arrivals / seconds_of(length_of(stages));
}

std::size_t stage_at(const Stages& stages, Duration since_start) {
  std::size_t stage = 0;
  while (stage + 1 < stages.size() && since_start >= stages[stage].length) {
    since_start -= stages[stage++].length;
  }
  return stage;
}

StageClock::StageClock(Stages stages, Time begin, Time start)
    : stages_(std::move(stages)),
      start_(start),
      mean_per_s_(mean_rate_per_s(stages_)),
      arrivals_before_(-arrivals_until(seconds_of(begin - start))) {}

Time StageClock::on_clock(Time scheduled) const {
  const double arrivals = seconds_of(scheduled.time_since_epoch()) * mean_per_s_;
  return start_ + duration_of(seconds_until(arrivals - arrivals_before_));
}

Time StageClock::in_schedule(Time at) const {
  const double arrivals = arrivals_before_ + arrivals_until(seconds_of(at - start_));
  Time scheduled{duration_of(arrivals / mean_per_s_)};
  // Both directions round; counts of arrivals must agree with the times that tasks see.
  constexpr Duration kStep{1};
  while (on_clock(scheduled) >= at) scheduled -= kStep;
  while (on_clock(scheduled) < at) scheduled += kStep;
  return scheduled;
}

double StageClock::arrivals_until(double seconds) const {
  if (seconds < 0) return seconds * stages_.front().begin_per_s;
  double arrivals = 0;
  for (const Stage& stage : stages_) {
    const double length = seconds_of(stage.length);
    if (seconds < length) return arrivals + arrivals_within(stage, seconds);
    arrivals += stage.arrivals();
    seconds -= length;
  }
  return arrivals + seconds * stages_.back().end_per_s;
}

double StageClock::seconds_until(double arrivals) const {
  if (arrivals < 0) return arrivals / stages_.front().begin_per_s;
  double seconds = 0;
  for (const Stage& stage : stages_) {
    if (arrivals < stage.arrivals()) return seconds + seconds_within(stage, arrivals);
    arrivals -= stage.arrivals();
    seconds += seconds_of(stage.length);
  }
  return seconds + arrivals / stages_.back().end_per_s;
}

}  // namespace asyncbench::load
