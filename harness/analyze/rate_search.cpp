#include "analyze/rate_search.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <utility>

namespace asyncbench::analyze {
namespace {

// To four digits: rates that people can read and type again.
double rounded(double rate_per_s) {
  const double unit = std::pow(10, std::floor(std::log10(rate_per_s)) - 3);
  return std::round(rate_per_s / unit) * unit;
}

}  // namespace

RateSearch::RateSearch(const RateSearchOptions& options) : options_(options) {
  assert(options.least_per_s > 0 && options.least_per_s <= options.most_per_s);
  begin(std::clamp(options.first_per_s, options.least_per_s, options.most_per_s), RatePhase::grow);
}

std::optional<double> RateSearch::next() const {
  if (ended_) return std::nullopt;
  return steps_.back().rate_per_s;
}

void RateSearch::take(bool met) {
  assert(!ended_);
  RateStep& step = steps_.back();
  ++(met ? step.met : step.unmet);
  decide(step);
  if (step.decided) go_on();
}

// As soon as the trials that are still to come cannot change it.
void RateSearch::decide(RateStep& step) {
  const bool confirms = step.phase == RatePhase::confirm;
  const unsigned trials = confirms ? options_.confirm_trials : options_.step_trials;
  const unsigned needed = confirms ? options_.confirm_least_met : trials / 2 + 1;
  step.passed = step.met >= needed;
  // A confirmation is evidence to be shown, not only a decision: it is made in full.
  const bool won = confirms ? step.met + step.unmet == trials && step.passed : step.passed;
  step.decided = won || step.unmet > trials - needed;
}

void RateSearch::go_on() {
  const RateStep step = steps_.back();
  if (step.phase == RatePhase::confirm) {
    (step.passed ? confirmed_ : high_) = step.rate_per_s;
    return go_on_confirming();
  }
  (step.passed ? low_ : high_) = step.rate_per_s;
  if (!high_) {
    if (can_grow(*low_)) return begin(std::min(*low_ * 2, options_.most_per_s), RatePhase::grow);
    return begin(*low_, RatePhase::confirm);
  }
  if (!low_) {
    if (can_shrink(*high_))
      return begin(std::max(*high_ / 2, options_.least_per_s), RatePhase::grow);
    return end(std::nullopt, "not even the lowest rate met the objective");
  }
  const bool close = *high_ <= *low_ * (1 + options_.precision);
  if (close) return begin(*low_, RatePhase::confirm);
  begin(rounded(std::sqrt(*low_ * *high_)), RatePhase::bisect);
}

// A rate that was met by luck bounds the answer from above. From then on, every step is as strict
// as a confirmation: a majority has proved too lenient here. It goes down in growing strides, so
// that much noise does not cost many steps, and up again by bisection.
void RateSearch::go_on_confirming() {
  const bool close = confirmed_ && (!high_ || *high_ <= *confirmed_ * (1 + options_.precision));
  const bool exhausted = ++confirmations_ >= options_.most_confirmations;
  if (confirmed_ && (close || exhausted)) return end(confirmed_, "");
  if (confirmed_) return begin(rounded(std::sqrt(*confirmed_ * *high_)), RatePhase::confirm);
  if (!can_shrink(*high_)) {
    return end(std::nullopt, "the lowest rate met the objective in some trials only");
  }
  if (exhausted) {
    return end(std::nullopt, "no rate met the objective in enough trials to be confirmed");
  }
  // By less than the precision as long as that may be enough.
  constexpr unsigned kShortStrides = 4;
  const double lower = rounded(*high_ / std::sqrt(std::pow(1 + options_.precision, stride_)));
  if (confirmations_ >= kShortStrides) stride_ *= 2;
  begin(std::max(lower, options_.least_per_s), RatePhase::confirm);
}

void RateSearch::begin(double rate_per_s, RatePhase phase) {
  steps_.push_back({.rate_per_s = rate_per_s, .phase = phase});
}

void RateSearch::end(std::optional<double> highest_met_per_s, std::string why) {
  ended_ = true;
  answer_ = {
      .highest_met_per_s = highest_met_per_s, .lowest_unmet_per_s = high_, .why = std::move(why)};
}

unsigned RateSearch::trials_left() const {
  if (ended_) return 0;
  const RateStep& step = steps_.back();
  const unsigned taken = step.met + step.unmet;
  if (step.phase == RatePhase::confirm) return options_.confirm_trials - taken;
  // Before the bracket is known, one more doubling is expected.
  const double width = low_ && high_ ? *high_ / *low_ : 4;
  const double bisections = std::log2(std::log(width) / std::log1p(options_.precision));
  const auto steps = static_cast<unsigned>(std::ceil(std::max(bisections, 1.0)));
  return steps * options_.step_trials + options_.confirm_trials - std::min(taken, 1U);
}

}  // namespace asyncbench::analyze
