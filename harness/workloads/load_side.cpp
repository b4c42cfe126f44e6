#include "workloads/load_side.hpp"

#include <algorithm>

#include "workloads/listener.hpp"

namespace asyncbench::workloads {

bool never_pauses(const Parameters& parameters) {
  return !parameters.arrivals("arrivals").open_loop() &&
         parameters.duration("think_time") == Duration{0};
}

std::vector<Role> ConnectionsWorkload::roles(const Work& work) const {
  if (!work.urls.empty()) return {Role::client};
  return {Role::server, Role::client};
}

std::string ConnectionsWorkload::objection(const Work& work) const {
  const load::ArrivalSpec arrivals = work.parameters.arrivals("arrivals");
  if (arrivals.open_loop() && arrivals.rate_per_s == 0 &&
      arrivals.kind != load::ArrivalKind::share) {
    return "arrivals " + arrivals.to_string() + " without a rate go with --stages; give " +
           arrivals.to_string() + ":1000";
  }
  if (arrivals.open_loop() && work.parameters.duration("think_time") > Duration{0}) {
    return "think_time belongs to a closed loop; an open loop's pace is its arrivals";
  }
  return "";
}

std::uint64_t ConnectionsWorkload::in_flight(const Parameters& parameters) const {
  return parameters.number("connections");
}
bool ConnectionsWorkload::keeps_in_flight(const Parameters& parameters) const {
  return never_pauses(parameters);
}
bool ConnectionsWorkload::can_rest(const Parameters& /*parameters*/) const { return true; }
std::uint64_t ConnectionsWorkload::descriptors(const Parameters& parameters) const {
  return in_flight(parameters);
}
std::uint64_t ConnectionsWorkload::ports(const Parameters& parameters) const {
  return in_flight(parameters);
}

LoadOptions load_options(const SideSetup& setup) {
  return {.lanes = setup.lanes,
          .shared_lanes = setup.shared_lanes,
          .window_expected = setup.window_expected,
          .turns = setup.turns,
          .request_budget = setup.request_budget,
          .stages = setup.stages,
          .part = setup.part,
          .seed = setup.seed,
          .observer = setup.observer,
          .on_ready = setup.on_ready,
          .on_budget_spent = setup.on_budget_spent};
}

std::vector<Endpoint> server_endpoints(const SideSetup& setup, std::uint64_t connections) {
  const std::uint64_t hosts =
      setup.address.target ? 1 : std::min<std::uint64_t>(kLoopbackHosts, connections);
  std::vector<Endpoint> endpoints;
  for (std::uint8_t host = 1; host <= hosts; ++host) {
    endpoints.push_back(Endpoint::loopback(setup.address.port, host));
  }
  return endpoints;
}

namespace {

// The figures of each stage, "stage_1_offered_per_s" and so on. What ended in it counts for
// throughput and errors, what was due in it for response times.
void put_stages(const LoadRun& run, const measure::Recording& recording, SideRecord& record) {
  Time begin = run.window().start();
  for (std::size_t i = 0; i < recording.stages.size(); ++i) {
    const measure::Recording::StageCounts& counts = recording.stages[i];
    const Time end = begin + run.options().stages[i].length;
    const double seconds = std::chrono::duration<double>(end - begin).count();
    const std::string name = "stage_" + std::to_string(i + 1) + "_";
    const auto due = static_cast<double>(run.arrivals_due(begin, end));
    record.figures[name + "offered_per_s"] = due / seconds;
    record.figures[name + "throughput_per_s"] = static_cast<double>(counts.ok) / seconds;
    if (const std::uint64_t ended = counts.ok + counts.failed; ended > 0) {
      record.figures[name + "error_share"] =
          static_cast<double>(counts.failed) / static_cast<double>(ended);
    }
    if (due > 0) {
      record.figures[name + "unfinished_share"] = static_cast<double>(counts.unfinished) / due;
    }
    if (!counts.response_time.empty()) {
      record.series.emplace(name + "response_time", counts.response_time);
    }
    begin = end;
  }
}

}  // namespace

void LoadSide::set_window(const measure::WindowSpan& window) {
  measure::set(load().window(), window);
  if (window.turns) load().set_turns(*window.turns);
  load().begin_stages();
}

std::optional<std::vector<measure::FailureCount>> LoadSide::nothing_but_failures() {
  return load().nothing_but_failures();
}

void LoadSide::fill(SideRecord& record) {
  LoadRun& run = load();
  record.recording = run.take();
  record.requests_by_lane = run.requests_by_lane();
  record.arrivals_due = run.arrivals_due_in_window();
  record.arrivals_before = run.arrivals_due_before_window();
  record.arrivals_a2 = run.arrivals_a2();
  put_stages(run, *record.recording, record);
}

}  // namespace asyncbench::workloads
