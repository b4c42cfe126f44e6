// What the two forms of the HTTP client share: when the next request starts, and what is recorded.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "core/op.hpp"
#include "workloads/http_client.hpp"

namespace asyncbench::workloads {

// Connects are spread out: a burst of ten thousand would overflow any listen backlog, and the
// kernel would then measure its own SYN retransmission timer.
inline constexpr Duration kConnectStagger = std::chrono::microseconds(50);

// Content is verified on the first response of a connection and then on every 64th.
inline constexpr unsigned kVerifyEvery = 64;

struct ClientRun::Shared {
  explicit Shared(Setup from);

  Setup setup;
  Time t0;  // the first task starts
  measure::Window window;
  std::vector<std::unique_ptr<measure::Recorder>> recorders;  // one a lane
  load::ArrivalSchedule arrivals;  // open loop: from when every task could be connected
  std::atomic<unsigned> tasks_ready{0};
  std::atomic<std::uint64_t> ended_in_window{0};  // kept with a request budget only
};

// One task's requests, one after the other. The task calls, in this order: next() until it says
// begin; begin(); end(). Owned and called by the task alone.
class ClientFlow {
 public:
  ClientFlow(ClientRun::Shared& shared, unsigned index) : shared_(&shared), index_(index) {}

  void start(unsigned lane) { recorder_ = shared_->recorders[lane].get(); }

  // What to do before the next request: sleep (and ask again), begin, or finish the task.
  // Open loop: each task's first request is outside the schedule, to open its connection; then it
  // takes the next arrival of the shared schedule, whenever it is free.
  struct Next {
    enum class Step : std::uint8_t { begin, sleep, finish } step;
    Time until = kNever;  // sleep
  };
  Next next(Time at);

  // A stop has ended the sleep that next() asked for.
  void give_up();

  // The request starts. Returns the target to ask for.
  ClientRun::Target& begin(Time at);

  measure::RequestRecord& record() { return record_; }
  Time deadline() const { return record_.begun + shared_->setup.parameters.deadline; }

  // Whether to verify the content of this response, the `nth` (from 0) of its connection.
  bool verifies(unsigned nth) const;

  // Whether time has passed since the last response, in which a connection may have gone stale.
  bool has_idled() const { return has_idled_; }

  // The request has ended; record() holds everything but the outcome and the end. Returns the time
  // for next(), if that follows at once: reading the clock anew would only hide the time that
  // recording took from the next request's.
  Time end(Outcome outcome, Time at);

 private:
  Next next_closed(Time at);
  Next next_arrival(Time at);
  Time spend_budget();

  ClientRun::Shared* shared_;
  measure::Recorder* recorder_ = nullptr;
  unsigned index_;
  bool has_had_outcome_ = false;
  bool is_waiting_ = false;  // next() said sleep
  bool has_idled_ = false;
  std::uint64_t requests_ = 0;
  Time arrival_ = kNever;  // open loop: taken from the schedule, not begun yet
  measure::RequestRecord record_;
};

// The two forms.
std::unique_ptr<Task> make_stream_client(ClientRun::Shared& shared, unsigned index);
std::unique_ptr<Task> make_exchange_client(ClientRun::Shared& shared, unsigned index);

}  // namespace asyncbench::workloads
