#include "workloads/load_run.hpp"

#include <algorithm>
#include <utility>

#include "load/anderson_darling.hpp"

namespace asyncbench::workloads {

LoadRun::LoadRun(LoadOptions options)
    : options_(std::move(options)),
      arrivals_(options_.arrivals, options_.seed, t0_ + options_.tasks * options_.stagger) {
  const measure::RecorderOptions recorder{.shared = options_.shared_lanes,
                                          .open_loop = options_.arrivals.open_loop(),
                                          .window_expected = options_.window_expected,
                                          .observer = options_.observer};
  for (std::size_t lane = 0; lane < options_.lanes; ++lane) {
    recorders_.push_back(std::make_unique<measure::Recorder>(window_, recorder));
  }
}

measure::Recording LoadRun::take() {
  if (options_.arrivals.open_loop()) {
    arrivals_.drain(window_.end(),
                    [this](Time intended) { recorders_.front()->abandoned(intended); });
  }
  measure::Recording recording = recorders_.front()->take();
  for (std::size_t lane = 1; lane < recorders_.size(); ++lane) {
    recording.merge(recorders_[lane]->take());
  }
  return recording;
}

std::vector<std::uint64_t> LoadRun::requests_by_lane() const {
  std::vector<std::uint64_t> requests;
  for (const auto& recorder : recorders_) {
    requests.push_back(recorder->take().ended_in(measure::Phase::window));
  }
  return requests;
}

std::uint64_t LoadRun::arrivals_due_in_window() const {
  if (!options_.arrivals.open_loop()) return 0;
  return arrivals_.count(window_.start(), window_.end());
}

std::uint64_t LoadRun::arrivals_due_before_window() const {
  if (!options_.arrivals.open_loop()) return 0;
  return arrivals_.count(Time::min(), window_.start());
}

std::optional<double> LoadRun::arrivals_a2() const {
  constexpr std::size_t kMostGaps = 1000;
  if (options_.arrivals.kind != load::ArrivalKind::poisson) return std::nullopt;
  const std::vector<double> gaps = arrivals_.gaps_s(window_.start(), window_.end(), kMostGaps);
  if (gaps.size() < load::kFewestGaps) return std::nullopt;
  return load::anderson_darling_exponential(gaps, options_.arrivals.rate_per_s);
}

Op RequestFlow::next(Time at) {
  if (requests_ > 0) {
    return run_->options_.arrivals.open_loop() ? next_arrival(at) : next_closed(at);
  }
  const Time turn = run_->t0_ + index_ * run_->options_.stagger;
  if (at < turn) return op::Sleep{turn};
  if (run_->window_.ended(at)) return op::Finish{};
  return next_begins(at);
}

Op RequestFlow::next_closed(Time at) {
  if (run_->window_.ended(at)) return op::Finish{};
  const Duration think_time = run_->options_.think_time;
  if (think_time == Duration::zero() || is_waiting_) {
    has_idled_ = is_waiting_;
    is_waiting_ = false;
    return next_begins(at);
  }
  is_waiting_ = true;
  return op::Sleep{at + think_time};
}

Op RequestFlow::next_arrival(Time at) {
  if (is_waiting_) {
    is_waiting_ = false;
    has_idled_ = true;
    if (!run_->window_.ended(at)) {
      recorder_->start_lag(at - arrival_);
      return next_begins(at);
    }
  } else {
    if (run_->window_.ended(at)) return op::Finish{};
    has_idled_ = false;
    arrival_ = run_->arrivals_.take();
    if (arrival_ <= at) return next_begins(at);
    is_waiting_ = true;
    return op::Sleep{arrival_};
  }
  give_up();
  return op::Finish{};
}

void RequestFlow::give_up() {
  if (arrival_ != kNever) recorder_->abandoned(arrival_);
  arrival_ = kNever;
}

Op RequestFlow::next_begins(Time at) {
  begin(at);
  return op::Begin{};
}

void RequestFlow::begin(Time at) {
  ++requests_;
  record_ = {.intended = std::exchange(arrival_, kNever), .begun = at};
  recorder_->begun(at);
}

Time RequestFlow::end(Outcome outcome, Time at) {
  record_.outcome = outcome;
  record_.ended = at;
  if (run_->options_.request_budget > 0) at = spend_budget();
  recorder_->ended(record_);
  if (!std::exchange(has_had_outcome_, true)) {
    const unsigned ready = run_->tasks_ready_.fetch_add(1, std::memory_order_relaxed) + 1;
    if (ready == run_->options_.tasks && run_->options_.on_ready) run_->options_.on_ready();
  }
  return at;
}

// Exactly `request_budget` requests end in the window. The request that uses up the budget closes
// the window, at a time that is read after it was counted and so is later than the end of every
// request counted before it. Requests that are counted later belong to the drain, whatever time
// they have read.
Time RequestFlow::spend_budget() {
  measure::Window& window = run_->window_;
  if (record_.ended < window.start()) return record_.ended;
  const std::uint64_t budget = run_->options_.request_budget;
  const std::uint64_t count = run_->ended_in_window_.fetch_add(1) + 1;
  if (count == budget) {
    window.end_ns.store(to_ns(now()) + 1);
    window.end_ns.notify_all();
    if (run_->options_.on_budget_spent) run_->options_.on_budget_spent();
    return window.end();
  }
  if (count > budget) {
    window.end_ns.wait(to_ns(kNever));
    record_.ended = std::max(record_.ended, window.end());
  }
  return record_.ended;
}

}  // namespace asyncbench::workloads
