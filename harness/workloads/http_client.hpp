// HTTP client tasks: the subject of `fetch`, the load generator of `serve`.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "core/op.hpp"
#include "core/task.hpp"
#include "http/body.hpp"
#include "http/request.hpp"
#include "load/arrivals.hpp"
#include "measure/recorder.hpp"
#include "workloads/http_parameters.hpp"

namespace asyncbench::workloads {

// What all client tasks of a trial share. Outlives them.
class ClientRun {
 public:
  struct Target {
    http::Request request;
    http::BodyExpectation expectation;
  };

  // `lanes` as in Job::lanes; `shared_lanes`: several threads record into one lane.
  // `window_expected` sizes the time slices. `request_budget`: end the window after that many
  // requests have ended in it; 0: the window has an end time.
  struct Setup {
    HttpParameters parameters;
    std::vector<Target> targets;  // task i starts with target i % size and takes them in turn
    std::size_t lanes = 1;
    bool shared_lanes = false;
    Duration window_expected{0};
    std::uint64_t request_budget = 0;
    std::uint64_t seed = 1;
    // Called once, from a task's thread, when every task has had its first outcome.
    std::function<void()> on_ready;
    // Called once, from a task's thread, when the budget has been used up.
    std::function<void()> on_budget_spent;
  };
  explicit ClientRun(Setup setup);
  ~ClientRun();

  // `exchange`: the form over op::Exchange, for strategies that bring their own HTTP.
  std::vector<std::unique_ptr<Task>> make_tasks(bool exchange);

  // Set its start and, without a budget, its end when the trial is ready.
  measure::Window& window();

  // Of all lanes, merged, after the job has run. Counts what the schedule still held as not
  // started.
  measure::Recording take();

  // Open loop: how many arrivals were due in [window start, window end), counted afresh; 0 if
  // closed.
  std::uint64_t arrivals_due_in_window() const;
  // Open loop: how many were due before the window's start. Whole-trial identity (invariant A),
  // since each task's first request is outside the schedule:
  //   connections + due before + due in the window = ended before or in the window + censored + not
  //   started
  std::uint64_t arrivals_due_before_window() const;

  struct Shared;  // for the tasks

 private:
  std::unique_ptr<Shared> shared_;
};

// The target list for `parameters` against the embedded origin at `port`: one a loopback address
// (127.0.0.1 to 127.0.0.16), so that ports last for many connections.
std::vector<ClientRun::Target> origin_targets(const HttpParameters& parameters, std::uint16_t port);

// Targets for `parameters.urls`: resolves names. Throws std::invalid_argument with the cause and
// the remedy for a bad URL, an unknown name, or a host that is neither loopback nor in
// `allowed_hosts`.
std::vector<ClientRun::Target> url_targets(const HttpParameters& parameters,
                                           const std::vector<std::string>& allowed_hosts);

// What a strategy must offer to run the client in each form.
OpSet client_stream_ops();
OpSet client_exchange_ops();

}  // namespace asyncbench::workloads
