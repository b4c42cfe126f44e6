// The highest rate at which an objective is met, from trials that each say met or not. It measures
// nothing: it says at which rate the next trial is wanted, and takes what came of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace asyncbench::analyze {

struct RateSearchOptions {
  double first_per_s = 1000;
  double least_per_s = 1;
  double most_per_s = 1e7;
  // The bracket's width, as a share of its lower end. With it the answer is within 5 % of the
  // capacity in 95 % of searches where that varies by 3 % from trial to trial; with 5 % only where
  // it varies by less than 2 % (simulated).
  double precision = 0.03;
  unsigned step_trials = 3;        // a step goes by their majority
  unsigned confirm_trials = 6;     // of the answer, beside those of its step
  unsigned confirm_least_met = 5;  // of them
  unsigned most_confirmations = 12;
};

enum class RatePhase : std::uint8_t {
  grow,     // double until it fails, or halve until it does not
  bisect,   // between the highest met and the lowest unmet, geometrically
  confirm,  // the highest met, more strictly
};

// The trials at one rate, one after the other.
struct RateStep {
  double rate_per_s = 0;
  RatePhase phase = RatePhase::grow;
  unsigned met = 0;
  unsigned unmet = 0;
  bool decided = false;
  bool passed = false;
};

struct RateAnswer {
  // Met and confirmed; empty: no rate was, and `why` says why.
  std::optional<double> highest_met_per_s;
  // The lowest rate that was not met; empty: every rate up to the highest allowed was met.
  std::optional<double> lowest_unmet_per_s;
  std::string why;
};

// Number of trials, bounded: each doubling, halving and bisection takes two or three, each
// confirmation at most six.
class RateSearch {
 public:
  // first_per_s is moved into the bounds.
  explicit RateSearch(const RateSearchOptions& options);

  // The rate of the next trial; empty: the search has ended.
  std::optional<double> next() const;

  // How the trial at next() came out.
  void take(bool met);

  // In the order in which they were taken; the last one may be undecided.
  const std::vector<RateStep>& steps() const { return steps_; }

  // The answer, once next() is empty.
  const RateAnswer& answer() const { return answer_; }

  // Trials still to come at most, if no confirmation fails; for an estimate of time.
  unsigned trials_left() const;

 private:
  void decide(RateStep& step);
  void go_on();
  void go_on_confirming();
  void begin(double rate_per_s, RatePhase phase);
  void end(std::optional<double> highest_met_per_s, std::string why);
  // At least one doubling or halving is left in this direction.
  bool can_grow(double rate_per_s) const { return rate_per_s < options_.most_per_s; }
  bool can_shrink(double rate_per_s) const { return rate_per_s > options_.least_per_s; }

  RateSearchOptions options_;
  std::vector<RateStep> steps_;
  std::optional<double> low_;        // the highest rate that was met, below every one that was not
  std::optional<double> high_;       // the lowest rate that was not met
  std::optional<double> confirmed_;  // the highest rate that was
  unsigned confirmations_ = 0;
  double stride_ = 1;  // down from an unconfirmed rate, in halves of the precision
  bool ended_ = false;
  RateAnswer answer_;
};

}  // namespace asyncbench::analyze
