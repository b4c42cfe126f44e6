#include "workloads/client_flow.hpp"

#include <algorithm>
#include <utility>

namespace asyncbench::workloads {

ClientFlow::Next ClientFlow::next(Time at) {
  if (requests_ == 0) {
    const Time turn = shared_->t0 + index_ * kConnectStagger;
    if (at < turn) return {Next::Step::sleep, turn};
    return {shared_->window.ended(at) ? Next::Step::finish : Next::Step::begin};
  }
  return shared_->setup.parameters.arrivals.open_loop() ? next_arrival(at) : next_closed(at);
}

ClientFlow::Next ClientFlow::next_closed(Time at) {
  if (shared_->window.ended(at)) return {Next::Step::finish};
  const Duration think_time = shared_->setup.parameters.think_time;
  if (think_time == Duration::zero() || is_waiting_) {
    has_idled_ = is_waiting_;
    is_waiting_ = false;
    return {Next::Step::begin};
  }
  is_waiting_ = true;
  return {Next::Step::sleep, at + think_time};
}

ClientFlow::Next ClientFlow::next_arrival(Time at) {
  if (is_waiting_) {
    is_waiting_ = false;
    has_idled_ = true;
    if (!shared_->window.ended(at)) {
      recorder_->start_lag(at - arrival_);
      return {Next::Step::begin};
    }
  } else {
    if (shared_->window.ended(at)) return {Next::Step::finish};
    has_idled_ = false;
    arrival_ = shared_->arrivals.take();
    if (arrival_ <= at) return {Next::Step::begin};
    is_waiting_ = true;
    return {Next::Step::sleep, arrival_};
  }
  give_up();
  return {Next::Step::finish};
}

void ClientFlow::give_up() {
  if (arrival_ != kNever) recorder_->abandoned(arrival_);
  arrival_ = kNever;
}

ClientRun::Target& ClientFlow::begin(Time at) {
  auto& targets = shared_->setup.targets;
  // Against the origin the targets differ in their address alone, so a task keeps to its own; a
  // user's list of URLs is taken in turn.
  const bool in_turn = !shared_->setup.parameters.urls.empty();
  ClientRun::Target& target = targets[(index_ + (in_turn ? requests_ : 0)) % targets.size()];
  ++requests_;
  record_ = {.intended = std::exchange(arrival_, kNever), .begun = at};
  recorder_->begun(at);
  return target;
}

bool ClientFlow::verifies(unsigned nth) const {
  switch (shared_->setup.parameters.verify) {
    case Verify::all:
      return true;
    case Verify::sample:
      return nth % kVerifyEvery == 0;
    case Verify::none:
      return false;
  }
  return false;
}

Time ClientFlow::end(Outcome outcome, Time at) {
  record_.outcome = outcome;
  record_.ended = at;
  if (shared_->setup.request_budget > 0) at = spend_budget();
  recorder_->ended(record_);
  if (!std::exchange(has_had_outcome_, true)) {
    const unsigned ready = shared_->tasks_ready.fetch_add(1, std::memory_order_relaxed) + 1;
    if (ready == shared_->setup.parameters.connections && shared_->setup.on_ready) {
      shared_->setup.on_ready();
    }
  }
  return at;
}

// Exactly `request_budget` requests end in the window. The one that uses the budget up closes the
// window at a time read after its own count, hence later than the end of every request counted
// before it; whoever comes after belongs to the drain, whatever its clock said.
Time ClientFlow::spend_budget() {
  measure::Window& window = shared_->window;
  if (record_.ended < window.start()) return record_.ended;
  const std::uint64_t budget = shared_->setup.request_budget;
  const std::uint64_t count = shared_->ended_in_window.fetch_add(1) + 1;
  if (count == budget) {
    window.end_ns.store(to_ns(now()) + 1);
    window.end_ns.notify_all();
    if (shared_->setup.on_budget_spent) shared_->setup.on_budget_spent();
    return window.end();
  }
  if (count > budget) {
    window.end_ns.wait(to_ns(kNever));
    record_.ended = std::max(record_.ended, window.end());
  }
  return record_.ended;
}

}  // namespace asyncbench::workloads
