// How Boost.Fiber runs the fibers of a lane, and waits when none is ready.
#pragma once

#include <boost/fiber/algo/algorithm.hpp>
#include <boost/fiber/context.hpp>
#include <boost/fiber/scheduler.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "reactor.hpp"

namespace asyncbench::fiber {

// Ready fibers run one after the other in rounds, and a fiber that has to wait switches straight to
// the next one. The library's dispatcher, which is a fiber, too, runs between rounds alone: when no
// fiber is ready, or when enough operations have ended that there may be news.
// All of it happens in the lane's thread, so nothing here needs a lock. The library could be built
// without its own (BOOST_FIBERS_NO_ATOMICS); Debian's has them. They are never contended, and cost
// an atomic exchange and a reading of the clock each time that the dispatcher runs.
class Scheduler final : public boost::fibers::algo::algorithm {
 public:
  Scheduler(Reactor& reactor, const LaneReport& report) : reactor_(reactor), report_(report) {}

  void awakened(boost::fibers::context* fiber) noexcept override;
  boost::fibers::context* pick_next() noexcept override;
  bool has_ready_fibers() const noexcept override {
    return dispatcher_ != nullptr || !ready_.empty();
  }
  void suspend_until(const std::chrono::steady_clock::time_point& until) noexcept override;
  // Other threads wake the reactor instead, see Lane::stop().
  void notify() noexcept override {}

 private:
  Reactor& reactor_;
  const LaneReport& report_;
  boost::fibers::scheduler::ready_queue_type ready_;
  std::size_t ready_count_ = 0;
  std::size_t left_of_round_ = 0;  // fibers of ready_ that still have their turn in this round
  std::uint64_t look_at_ = kTurnLength;  // so many completions, and no round begins before a look
  boost::fibers::context* dispatcher_ = nullptr;  // while it does not run
};

// As long as it lives, the calling thread's fibers run under a Scheduler.
class Scheduling {
 public:
  Scheduling(Reactor& reactor, const LaneReport& report);
  ~Scheduling();
  Scheduling(const Scheduling&) = delete;
  Scheduling& operator=(const Scheduling&) = delete;
};

}  // namespace asyncbench::fiber
