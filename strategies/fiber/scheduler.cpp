#include "scheduler.hpp"

#include <boost/fiber/algo/round_robin.hpp>
#include <boost/fiber/operations.hpp>
#include <utility>

namespace asyncbench::fiber {

using boost::fibers::context;

void Scheduler::awakened(context* fiber) noexcept {
  if (fiber->is_context(boost::fibers::type::dispatcher_context)) {
    dispatcher_ = fiber;
    return;
  }
  fiber->ready_link(ready_);
  ++ready_count_;
}

// Null, which only the dispatcher gets, makes it call suspend_until().
context* Scheduler::pick_next() noexcept {
  if (left_of_round_ == 0 && report_.completions < look_at_) left_of_round_ = ready_count_;
  if (left_of_round_ == 0) return std::exchange(dispatcher_, nullptr);
  context* const next = &ready_.front();
  ready_.pop_front();
  --left_of_round_;
  --ready_count_;
  return next;
}

void Scheduler::suspend_until(const std::chrono::steady_clock::time_point& until) noexcept {
  reactor_.turn(ready_count_ > 0 ? Time::min() : until);
  left_of_round_ = ready_count_;
  look_at_ = report_.completions + kTurnLength;
}

Scheduling::Scheduling(Reactor& reactor, const LaneReport& report) {
  boost::fibers::use_scheduling_algorithm<Scheduler>(reactor, report);
}

// The dispatcher runs once more, to free the fibers that have ended.
Scheduling::~Scheduling() {
  boost::this_fiber::yield();
  boost::fibers::use_scheduling_algorithm<boost::fibers::algo::round_robin>();
}

}  // namespace asyncbench::fiber
