#include "workloads/load_side.hpp"

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
  if (work.parameters.arrivals("arrivals").open_loop() &&
      work.parameters.duration("think_time") > Duration{0}) {
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
          .seed = setup.seed,
          .observer = setup.observer,
          .on_ready = setup.on_ready,
          .on_budget_spent = setup.on_budget_spent};
}

void LoadSide::set_window(const measure::WindowSpan& window) {
  measure::set(load().window(), window);
  if (window.turns) load().set_turns(*window.turns);
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
}

}  // namespace asyncbench::workloads
