// What all tasks that issue requests share, whatever a request is: when the next one starts, and
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
#include "load/stages.hpp"
#include "measure/recorder.hpp"
#include "workloads/client_part.hpp"

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
  // Not 0: requests begin in the turns of this cell alone, of which there are so many. From their
  // first outcome on, tasks wait until LoadRun::set_turns().
  std::size_t turns = 0;
  // End the window after that many requests have ended in it; 0: the window has an end time.
  std::uint64_t request_budget = 0;
  // Open loop: rates that change, from the window's start on; `arrivals` has their mean. From their
  // first outcome on, tasks wait until LoadRun::begin_stages().
  load::Stages stages;
  // One of several generators: connects come as slowly as all of them together should.
  std::optional<ClientPart> part;
  std::uint64_t seed = 1;
  measure::RequestObserver* observer = nullptr;  // of profiled trials; outlives the run
  // Called once, from a task's thread, when every task has had its first outcome.
  std::function<void()> on_ready;
  // Called once, from a task's thread, when the budget has been used up.
  std::function<void()> on_budget_spent;
};

// Connects are spread out. A burst of ten thousand would overflow any listen backlog, and then the
// kernel's SYN retransmission timer would be measured.
inline constexpr Duration kConnectStagger = std::chrono::microseconds(50);

// Outlives the tasks.
class LoadRun {
 public:
  explicit LoadRun(LoadOptions options);
  LoadRun(const LoadRun&) = delete;
  LoadRun& operator=(const LoadRun&) = delete;

  const LoadOptions& options() const { return options_; }

  // The trial's window. Set its start and, without a budget, its end when the trial is ready.
  measure::Window& window() { return window_; }
  const measure::Window& window() const { return window_; }

  // Once, after the window has been set, and before the first turn begins.
  void set_turns(measure::Turns turns);

  // Once, after the window has been set: arrivals begin now. Without stages it does nothing.
  void begin_stages();

  // What so much in the window, or in the turns in it, comes to a second.
  double per_s(std::uint64_t amount) const;

  // After the job has run: the merged recording of all lanes. It counts the arrivals that the
  // schedule still holds as not started.
  measure::Recording take();

  // From any thread: what has ended in the window so far.
  measure::Tally tally() const;

  // From any thread: how the requests of the whole trial ended so far; empty once one was ok.
  std::optional<std::vector<measure::FailureCount>> nothing_but_failures() const;

  // After the job has run: how many requests ended in the window.
  std::vector<std::uint64_t> requests_by_lane() const;

  // Open loop: how many arrivals were due in [window start, window end), counted anew from the
  // schedule. Closed loop: 0.
  std::uint64_t arrivals_due_in_window() const;
  // The same of any times.
  std::uint64_t arrivals_due(Time from, Time until) const;
  // Open loop: how many were due before the window's start. Over the whole trial this holds
  // (requests_balance), because each task's first request is outside the schedule:
  //   tasks + due before + due in the window = ended before or in the window + censored + not
  //   started
  std::uint64_t arrivals_due_before_window() const;
  // Poisson arrivals: Anderson-Darling's A^2 for up to 1,000 gaps of the schedule in the window, of
  // all its parts together; empty where there are fewer than load::kFewestGaps.
  std::optional<double> arrivals_a2() const;

 private:
  friend class RequestFlow;

  Time schedule_begins() const;

  // A time in the terms of the arrivals' schedule, which under turns runs in active time alone, and
  // under stages at their mean rate, both from the clock's epoch; and the opposite.
  Time in_schedule(Time at) const;
  Time on_clock(Time scheduled) const;

  LoadOptions options_;
  Time t0_ = now();  // the first task starts
  measure::Window window_;
  std::optional<measure::Turns> turns_;
  std::optional<load::StageClock> stage_clock_;
  std::atomic<bool> stages_begun_{false};                      // the clock is there for all threads
  std::vector<std::unique_ptr<measure::Recorder>> recorders_;  // one a lane
  load::ArrivalSchedule arrivals_;  // open loop: from when every task could be connected
  std::atomic<unsigned> tasks_ready_{0};
  std::atomic<std::uint64_t> ended_in_window_{0};  // kept with a request budget only
};

// The requests of one task, one after the other. Only the task owns and calls it.
class RequestFlow {
 public:
  RequestFlow(LoadRun& run, unsigned index) : run_(&run), index_(index) {}

  void start(unsigned lane) { recorder_ = run_->recorders_[lane].get(); }

  // What the task wants before its next request: Sleep (then call next() again), Begin (the request
  // has begun, and record() is new), or Finish (there are no more requests, or the last one was
  // cancelled by a stop; close what is open first). Open loop: each task's first request is outside
  // the schedule and opens its connection. After it, a task takes the next arrival of the shared
  // schedule whenever it is free.
  Op next(Time at);

  // A stop has ended the sleep that next() asked for.
  void give_up();

  // Tasks with a pace of their own call these instead of next(): a request begins at `at`, which
  // may have passed; and whether no more requests should begin.
  void begin(Time at);
  bool is_over(Time at) const { return run_->window_.ended(at); }

  measure::RequestRecord& record() { return record_; }

  // The request has ended; record() holds everything except outcome and end. Returns the time to
  // give to a next() that follows at once: if the clock were read again, the time that recording
  // took would be missing from the next request.
  Time end(Outcome outcome, Time at);

  unsigned index() const { return index_; }
  // How many have begun so far, including the one in progress.
  std::uint64_t requests() const { return requests_; }
  // Whether time has passed since the last request ended, so that a connection may have gone stale.
  bool has_idled() const { return has_idled_; }

 private:
  Op next_closed(Time at);
  Op next_arrival(Time at);
  Op next_arrival_in_turns(Time at, bool waited);
  Op next_begins(Time at);
  // When the task may begin a request: at once, or in its next turn; the window's end when there is
  // none.
  Time next_turn(Time at);
  Time spend_budget();

  LoadRun* run_;
  measure::Recorder* recorder_ = nullptr;
  unsigned index_;
  bool has_had_outcome_ = false;
  bool is_waiting_ = false;  // next() said sleep
  bool has_idled_ = false;
  std::uint64_t requests_ = 0;
  Time arrival_ = kNever;    // open loop: taken from the schedule, not begun yet
  Time scheduled_ = kNever;  // turns: the same in the terms of the schedule
  std::uint32_t turn_ = measure::RequestRecord::kNoTurn;
  Time turn_ends_ = Time::min();
  measure::RequestRecord record_;
};

}  // namespace asyncbench::workloads
