// What the tasks that issue requests share, whatever a request is: when the next one starts, and
// where it is recorded.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "core/op.hpp"
#include "load/arrivals.hpp"
#include "measure/recorder.hpp"

namespace asyncbench::workloads {

// How a side issues its requests.
struct LoadOptions {
  unsigned tasks = 1;  // each with one request in flight
  load::ArrivalSpec arrivals;
  Duration think_time{0};  // closed loop: between a result and the next request
  // Between the first requests of two neighbouring tasks.
  Duration stagger{0};
  std::size_t lanes = 1;        // as in Job::lanes
  bool shared_lanes = false;    // several threads record into one lane
  Duration window_expected{0};  // sizes the time slices
  // End the window after that many requests have ended in it; 0: the window has an end time.
  std::uint64_t request_budget = 0;
  std::uint64_t seed = 1;
  measure::RequestObserver* observer = nullptr;  // of profiled trials; outlives the run
  // Called once, from a task's thread, when every task has had its first outcome.
  std::function<void()> on_ready;
  // Called once, from a task's thread, when the budget has been used up.
  std::function<void()> on_budget_spent;
};

// Connects are spread out: a burst of ten thousand would overflow any listen backlog, and the
// kernel would then measure its own SYN retransmission timer.
inline constexpr Duration kConnectStagger = std::chrono::microseconds(50);

// Outlives the tasks.
class LoadRun {
 public:
  explicit LoadRun(LoadOptions options);
  LoadRun(const LoadRun&) = delete;
  LoadRun& operator=(const LoadRun&) = delete;

  const LoadOptions& options() const { return options_; }

  // Set its start and, without a budget, its end when the trial is ready.
  measure::Window& window() { return window_; }
  const measure::Window& window() const { return window_; }

  // Of all lanes, merged, after the job has run. Counts what the schedule still held as not
  // started.
  measure::Recording take();

  // Ended in the window, after the job has run.
  std::vector<std::uint64_t> requests_by_lane() const;

  // Open loop: how many arrivals were due in [window start, window end), counted afresh; 0 if
  // closed.
  std::uint64_t arrivals_due_in_window() const;
  // Open loop: how many were due before the window's start. Whole-trial identity
  // (requests_balance), since each task's first request is outside the schedule:
  //   tasks + due before + due in the window = ended before or in the window + censored + not
  //   started
  std::uint64_t arrivals_due_before_window() const;
  // Poisson arrivals: Anderson-Darling's A^2 of up to 1,000 gaps of the schedule in the window;
  // empty where there are fewer than load::kFewestGaps.
  std::optional<double> arrivals_a2() const;

 private:
  friend class RequestFlow;

  LoadOptions options_;
  Time t0_ = now();  // the first task starts
  measure::Window window_;
  std::vector<std::unique_ptr<measure::Recorder>> recorders_;  // one a lane
  load::ArrivalSchedule arrivals_;  // open loop: from when every task could be connected
  std::atomic<unsigned> tasks_ready_{0};
  std::atomic<std::uint64_t> ended_in_window_{0};  // kept with a request budget only
};

// One task's requests, one after the other. Owned and called by the task alone.
class RequestFlow {
 public:
  RequestFlow(LoadRun& run, unsigned index) : run_(&run), index_(index) {}

  void start(unsigned lane) { recorder_ = run_->recorders_[lane].get(); }

  // What the task wants before its next request: Sleep (and then next() again), Begin (the request
  // has begun; record() is fresh), or Finish (no more requests; what is open should be closed
  // first). Open loop: each task's first request is outside the schedule, to open its connection;
  // then it takes the next arrival of the shared schedule, whenever it is free.
  Op next(Time at);

  // A stop has ended the sleep that next() asked for.
  void give_up();

  // For tasks that keep a pace of their own, instead of next(): a request begins at `at`, which may
  // have passed; and whether none should any more.
  void begin(Time at);
  bool is_over(Time at) const { return run_->window_.ended(at); }

  measure::RequestRecord& record() { return record_; }

  // The request has ended; record() holds everything but the outcome and the end. Returns the time
  // for next(), if that follows at once: reading the clock anew would only hide the time that
  // recording took from the next request's.
  Time end(Outcome outcome, Time at);

  unsigned index() const { return index_; }
  // Begun so far, the one in progress included.
  std::uint64_t requests() const { return requests_; }
  // Whether time has passed since the last result, in which a connection may have gone stale.
  bool has_idled() const { return has_idled_; }

 private:
  Op next_closed(Time at);
  Op next_arrival(Time at);
  Op next_begins(Time at);
  Time spend_budget();

  LoadRun* run_;
  measure::Recorder* recorder_ = nullptr;
  unsigned index_;
  bool has_had_outcome_ = false;
  bool is_waiting_ = false;  // next() said sleep
  bool has_idled_ = false;
  std::uint64_t requests_ = 0;
  Time arrival_ = kNever;  // open loop: taken from the schedule, not begun yet
  measure::RequestRecord record_;
};

}  // namespace asyncbench::workloads
