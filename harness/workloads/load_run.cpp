#include "workloads/load_run.hpp"

#include <algorithm>
#include <utility>

#include "load/anderson_darling.hpp"

namespace asyncbench::workloads {

namespace {

std::vector<Duration> lengths_of(const load::Stages& stages) {
  std::vector<Duration> lengths;
  for (const load::Stage& stage : stages) lengths.push_back(stage.length);
  return lengths;
}

LoadOptions at_the_pace_of_all(LoadOptions options) {
  if (options.part) options.stagger *= options.part->part.of;
  return options;
}

// What is not known yet is looked for twice a millisecond, by all tasks of a cell together.
Time look_again(Time at, unsigned tasks) { return at + tasks * std::chrono::microseconds(500); }

}  // namespace

LoadRun::LoadRun(LoadOptions options)
    : options_(at_the_pace_of_all(std::move(options))),
      arrivals_(options_.arrivals, options_.seed, schedule_begins(),
                options_.part ? options_.part->part : load::Part{}) {
  const measure::RecorderOptions recorder{.shared = options_.shared_lanes,
                                          .open_loop = options_.arrivals.open_loop(),
                                          .window_expected = options_.window_expected,
                                          .turns = options_.turns,
                                          .stages = lengths_of(options_.stages),
                                          .observer = options_.observer};
  for (std::size_t lane = 0; lane < options_.lanes; ++lane) {
    recorders_.push_back(std::make_unique<measure::Recorder>(window_, recorder));
  }
}

Time LoadRun::schedule_begins() const {
  if (options_.turns > 0 || !options_.stages.empty()) return Time{};
  if (options_.part) return from_ns(options_.part->schedule_begins_ns);
  return t0_ + options_.tasks * options_.stagger;
}

void LoadRun::set_turns(measure::Turns turns) {
  turns_ = std::move(turns);
  window_.turns.store(&*turns_, std::memory_order_release);
}

void LoadRun::begin_stages() {
  if (options_.stages.empty() || stage_clock_) return;
  stage_clock_.emplace(options_.stages, now(), window_.start());
  stages_begun_.store(true, std::memory_order_release);
}

double LoadRun::per_s(std::uint64_t amount) const {
  const Duration measured =
      turns_ ? turns_->length * static_cast<std::int64_t>(turns_->size() - turns_->warm_up)
             : window_.end() - window_.start();
  return static_cast<double>(amount) / std::chrono::duration<double>(measured).count();
}

Time LoadRun::in_schedule(Time at) const {
  if (stage_clock_) return stage_clock_->in_schedule(at);
  return turns_ ? Time{turns_->active_until(at)} : at;
}

Time LoadRun::on_clock(Time scheduled) const {
  if (stage_clock_) return stage_clock_->on_clock(scheduled);
  return turns_ ? turns_->when_active(scheduled.time_since_epoch()) : scheduled;
}

measure::Recording LoadRun::take() {
  if (options_.arrivals.open_loop()) {
    arrivals_.drain(in_schedule(window_.end()),
                    [this](Time scheduled) { recorders_.front()->abandoned(on_clock(scheduled)); });
  }
  measure::Recording recording = recorders_.front()->take();
  for (std::size_t lane = 1; lane < recorders_.size(); ++lane) {
    recording.merge(recorders_[lane]->take());
  }
  return recording;
}

measure::Tally LoadRun::tally() const {
  measure::Tally all;
  for (const auto& recorder : recorders_) all.merge(recorder->tally());
  return all;
}

std::optional<std::vector<measure::FailureCount>> LoadRun::nothing_but_failures() const {
  std::vector<measure::FailureCount> all;
  for (const auto& recorder : recorders_) {
    if (recorder->has_succeeded()) return std::nullopt;
    for (const measure::FailureCount& failure : recorder->failures()) {
      measure::add_failures(all, failure);
    }
  }
  return all;
}

std::vector<std::uint64_t> LoadRun::requests_by_lane() const {
  std::vector<std::uint64_t> requests;
  for (const auto& recorder : recorders_) {
    requests.push_back(recorder->take().ended_in(measure::Phase::window));
  }
  return requests;
}

std::uint64_t LoadRun::arrivals_due_in_window() const {
  return arrivals_due(window_.start(), window_.end());
}

std::uint64_t LoadRun::arrivals_due(Time from, Time until) const {
  if (!options_.arrivals.open_loop()) return 0;
  return arrivals_.count(in_schedule(from), in_schedule(until));
}

std::uint64_t LoadRun::arrivals_due_before_window() const {
  if (!options_.arrivals.open_loop()) return 0;
  return arrivals_.count(Time::min(), in_schedule(window_.start()));
}

std::optional<double> LoadRun::arrivals_a2() const {
  constexpr std::size_t kMostGaps = 1000;
  if (options_.arrivals.kind != load::ArrivalKind::poisson) return std::nullopt;
  const std::vector<double> gaps =
      arrivals_.gaps_s(in_schedule(window_.start()), in_schedule(window_.end()), kMostGaps);
  if (gaps.size() < load::kFewestGaps) return std::nullopt;
  return load::anderson_darling_exponential(gaps, options_.arrivals.rate_per_s);
}

Op RequestFlow::next(Time at) {
  // After a stop every request would end at once, and only the window's end would end the task.
  if (requests_ > 0 && record_.outcome == Outcome::cancelled) {
    give_up();
    return op::Finish{};
  }
  if (requests_ > 0) {
    return run_->options_.arrivals.open_loop() ? next_arrival(at) : next_closed(at);
  }
  const Time turn = run_->t0_ + index_ * run_->options_.stagger;
  if (at < turn) return op::Sleep{turn};
  if (run_->window_.ended(at)) return op::Finish{};
  return next_begins(at);
}

Time RequestFlow::next_turn(Time at) {
  if (run_->options_.turns == 0 || at < turn_ends_) return at;
  const measure::Turns* const turns = run_->window_.turns.load(std::memory_order_acquire);
  if (turns == nullptr) return look_again(at, run_->options_.tasks);
  const std::size_t turn = turns->at_or_after(at);
  // No more requests, but the connections stay as they are while others are measured.
  if (turn == turns->size()) return run_->window_.end();
  turn_ = static_cast<std::uint32_t>(turn);
  turn_ends_ = turns->end(turn);
  return std::max(at, turns->begin(turn));
}

Op RequestFlow::next_closed(Time at) {
  if (run_->window_.ended(at)) return op::Finish{};
  const Duration think_time = run_->options_.think_time;
  Time due = at;
  if (!is_waiting_) {
    has_idled_ = false;
    due += think_time;
  }
  due = next_turn(due);
  is_waiting_ = due > at;
  if (!is_waiting_) return next_begins(at);
  has_idled_ = true;
  return op::Sleep{due};
}

Op RequestFlow::next_arrival(Time at) {
  const bool waited = std::exchange(is_waiting_, false);
  if (run_->window_.ended(at)) {
    give_up();
    return op::Finish{};
  }
  has_idled_ = waited;
  if (run_->options_.turns > 0) return next_arrival_in_turns(at, waited);
  if (waited && arrival_ != kNever) {
    recorder_->start_lag(at - arrival_);
    return next_begins(at);
  }
  if (!run_->options_.stages.empty()) {
    if (!run_->stages_begun_.load(std::memory_order_acquire)) {
      is_waiting_ = true;
      return op::Sleep{look_again(at, run_->options_.tasks)};
    }
    arrival_ = run_->on_clock(run_->arrivals_.take());
  } else {
    arrival_ = run_->arrivals_.take();
  }
  if (arrival_ <= at) return next_begins(at);
  is_waiting_ = true;
  return op::Sleep{arrival_};
}

// An arrival for which no task was free before its turn ended is begun in the next one. Its time
// stood still meanwhile: it counts as due as long before that turn as it had been waiting.
Op RequestFlow::next_arrival_in_turns(Time at, bool waited) {
  const measure::Turns* const turns = run_->window_.turns.load(std::memory_order_acquire);
  if (turns != nullptr && scheduled_ == kNever) {
    scheduled_ = run_->arrivals_.take();
    arrival_ = turns->when_active(scheduled_.time_since_epoch());
  }
  const Time due = next_turn(turns == nullptr ? at : std::max(at, arrival_));
  if (turns == nullptr || due > at) {
    is_waiting_ = true;
    return op::Sleep{due};
  }
  if (waited && arrival_ >= turns->begin(turn_)) recorder_->start_lag(at - arrival_);
  arrival_ = turns->begin(turn_) - (turns->length * turn_ - scheduled_.time_since_epoch());
  scheduled_ = kNever;
  return next_begins(at);
}

void RequestFlow::give_up() {
  if (arrival_ != kNever) recorder_->abandoned(arrival_);
  arrival_ = kNever;
  scheduled_ = kNever;
}

Op RequestFlow::next_begins(Time at) {
  begin(at);
  return op::Begin{};
}

void RequestFlow::begin(Time at) {
  ++requests_;
  if (turn_ != record_.turn) recorder_->turn_begun(turn_, at);
  record_ = {.intended = std::exchange(arrival_, kNever), .begun = at, .turn = turn_};
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
