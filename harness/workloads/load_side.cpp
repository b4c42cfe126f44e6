#include "workloads/load_side.hpp"

namespace asyncbench::workloads {

LoadOptions load_options(const SideSetup& setup) {
  return {.lanes = setup.lanes,
          .shared_lanes = setup.shared_lanes,
          .window_expected = setup.window_expected,
          .request_budget = setup.request_budget,
          .seed = setup.seed,
          .observer = setup.observer,
          .on_ready = setup.on_ready,
          .on_budget_spent = setup.on_budget_spent};
}

void set_load_window(LoadRun& run, std::int64_t start_ns, std::optional<std::int64_t> end_ns) {
  // The end first: a task that sees the start must not take a window without an end for one.
  if (end_ns) run.window().end_ns.store(*end_ns);
  run.window().start_ns.store(start_ns);
}

void fill_from(LoadRun& run, SideRecord& record) {
  record.recording = run.take();
  record.requests_by_lane = run.requests_by_lane();
  record.arrivals_due = run.arrivals_due_in_window();
  record.arrivals_before = run.arrivals_due_before_window();
  record.arrivals_a2 = run.arrivals_a2();
}

}  // namespace asyncbench::workloads
