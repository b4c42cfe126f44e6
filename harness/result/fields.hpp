// The names of all fields, once, for reading and for writing alike: of the result, and of what
// participants report for it. For .cpp files that turn values into JSON.
//
// describe(visit, object) calls visit(name, member) for each field in the order of the file. With a
// const object a visitor writes; with a mutable one it reads.
#pragma once

#include <array>
#include <concepts>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "result/result.hpp"

namespace asyncbench::result {

// A text that is null in the file when it is empty.
template <class String>
struct OrNull {
  String& text;
};
template <class String>
OrNull(String&) -> OrNull<String>;

// A field that later minor versions brought: it is not in the file when it is empty.
template <class Optional>
struct OrAbsent {
  Optional& value;
};
template <class Optional>
OrAbsent(Optional&) -> OrAbsent<Optional>;

// A figure of a summary that is a field of its own, and all those that are not.
template <class Map>
struct OneFigure {
  Map& figures;
  const char* name;
};
template <class Map>
OneFigure(Map&, const char*) -> OneFigure<Map>;
template <class Map>
struct OtherFigures {
  Map& figures;
};
template <class Map>
OtherFigures(Map&) -> OtherFigures<Map>;

template <class T, class Described>
concept Is = std::same_as<std::remove_const_t<T>, Described>;

void describe(auto&& visit, Is<Note> auto& note) {
  visit("code", note.code);
  visit("detail", note.detail);
}

void describe(auto&& visit, Is<Latency> auto& latency) {
  visit("count", latency.count);
  visit("mean_ns", latency.mean_ns);
  visit("p50_ns", latency.p50_ns);
  visit("p90_ns", latency.p90_ns);
  visit("p99_ns", latency.p99_ns);
  visit("p99_9_ns", latency.p99_9_ns);
  visit("p99_99_ns", latency.p99_99_ns);
  visit("max_ns", latency.max_ns);
  visit("below_range", latency.below_range);
  visit("above_range", latency.above_range);
  visit("histogram", latency.histogram);
}

void describe(auto&& visit, Is<Usage> auto& usage) {
  visit("cpu_user_ns", usage.cpu_user_ns);
  visit("cpu_system_ns", usage.cpu_system_ns);
  visit("cpu_account", OrAbsent{usage.cpu_account});
  visit("context_switches_voluntary", usage.context_switches_voluntary);
  visit("context_switches_involuntary", usage.context_switches_involuntary);
  visit("page_faults_minor", usage.page_faults_minor);
  visit("page_faults_major", usage.page_faults_major);
  visit("syscalls", usage.syscalls);
  visit("memory_peak_bytes", usage.memory_peak_bytes);
  visit("run_queue_wait_ns", usage.run_queue_wait_ns);
  visit("threads_peak", usage.threads_peak);
  visit("cpus", usage.cpus);
  visit("usable_cpus", OrAbsent{usage.usable_cpus});
  visit("busiest_thread_ns", OrAbsent{usage.busiest_thread_ns});
  visit("unreadable", usage.unreadable);
}

void describe(auto&& visit, Is<PeerProcess> auto& process) {
  visit("connections", process.connections);
  visit("requests", process.requests);
  visit("ok", process.ok);
  visit("start_lag_p99_ns", process.start_lag_p99_ns);
  visit("usage", process.usage);
}

void describe(auto&& visit, Is<Disturbance> auto& disturbance) {
  visit("steal_ns", disturbance.steal_ns);
  visit("softirq_ns", disturbance.softirq_ns);
  visit("pressure_cpu_ns", disturbance.pressure_cpu_ns);
  visit("throttled_ns", OrAbsent{disturbance.throttled_ns});
  visit("frequency_khz", disturbance.frequency_khz);
  visit("canary_before_ns", disturbance.canary_before_ns);
  visit("canary_after_ns", disturbance.canary_after_ns);
  visit("canary_alone_ns", OrAbsent{disturbance.canary_alone_ns});
  visit("unreadable", disturbance.unreadable);
}

void describe(auto&& visit, Is<measure::ServerTotals> auto& server) {
  visit("connections", server.connections);
  visit("refused", server.refused);
  visit("requests", server.requests);
  visit("responses", server.responses);
  visit("response_body_bytes", server.response_body_bytes);
  visit("faults", server.faults);
  visit("bad_requests", server.bad_requests);
  visit("timeouts", server.timeouts);
  visit("resets", server.resets);
}

void describe(auto&& visit, Is<LaneReport> auto& lane) {
  visit("wakeups", lane.wakeups);
  visit("completions", lane.completions);
  visit("accept_pauses", lane.accept_pauses);
  visit("counters", lane.counters);
  visit("granted", lane.granted);
  visit("refused", lane.refused);
}

void describe(auto&& visit, Is<ItemOutcomes> auto& item) {
  visit("name", item.name);
  visit("outcomes", item.outcomes);
}

void describe(auto&& visit, Is<FailureCount> auto& failure) {
  visit("outcome", failure.outcome);
  visit("status", OrAbsent{failure.status});
  visit("target", failure.target);
  visit("count", failure.count);
}

void describe(auto&& visit, Is<measure::CallTree> auto& tree) {
  visit("functions", tree.functions);
  visit("nodes", tree.nodes);
}

void describe(auto&& visit, Is<measure::OnCpu> auto& on_cpu) {
  visit("event", on_cpu.event);
  visit("frequency_hz", on_cpu.frequency_hz);
  visit("period_ns", on_cpu.period_ns);
  visit("kernel", on_cpu.kernel);
  visit("lost", on_cpu.lost);
  visit("program", on_cpu.program);
  visit("stacks", on_cpu.stacks);
}

void describe(auto&& visit, Is<measure::Calls> auto& calls) {
  visit("in_window", calls.in_window);
  visit("in_job", calls.in_job);
  visit("missed", calls.missed);
}

void describe(auto&& visit, Is<measure::OffCpu::Reason> auto& reason) {
  visit("name", reason.name);
  visit("count", reason.count);
  visit("total_ns", reason.total_ns);
}

void describe(auto&& visit, Is<measure::OffCpu> auto& off_cpu) {
  visit("reasons_known", off_cpu.reasons_known);
  visit("reasons", off_cpu.reasons);
  visit("preemptions", off_cpu.preemptions);
  visit("run_queue_ns", off_cpu.run_queue_ns);
  visit("lost", off_cpu.lost);
  visit("stacks", off_cpu.stacks);
}

void describe(auto&& visit, Is<measure::RequestAnatomy> auto& request) {
  visit("task", request.task);
  visit("thread", request.thread);
  visit("intended_ns", request.intended_ns);
  visit("begun_ns", request.begun_ns);
  visit("connect_begun_ns", request.connect_begun_ns);
  visit("connected_ns", request.connected_ns);
  visit("sent_ns", request.sent_ns);
  visit("first_byte_ns", request.first_byte_ns);
  visit("ended_ns", request.ended_ns);
  visit("attempts", request.attempts);
  visit("phases", request.phases);
}

void describe(auto&& visit, Is<measure::RequestGroup> auto& group) {
  visit("requests", group.requests);
  visit("without", group.without);
  visit("latency_ns", group.latency_ns);
  visit("phases", group.phases);
}

void describe(auto&& visit, Is<measure::Excerpt> auto& excerpt) {
  visit("turns", excerpt.turns);
  visit("absences", excerpt.absences);
  visit("reasons", excerpt.reasons);
}

void describe(auto&& visit, Is<measure::Tail> auto& tail) {
  visit("requests", tail.requests);
  visit("p99_9_ns", tail.p99_9_ns);
  visit("slow", tail.slow);
  visit("typical", tail.typical);
  visit("slowest", tail.slowest);
  visit("sample", tail.sample);
  visit("excerpt", tail.excerpt);
}

void describe(auto&& visit, Is<measure::Profile> auto& profile) {
  visit("on_cpu", profile.on_cpu);
  visit("calls", OrAbsent{profile.calls});
  visit("requests", OrAbsent{profile.requests});
  visit("migrations", OrAbsent{profile.migrations});
  visit("off_cpu", OrAbsent{profile.off_cpu});
  visit("tail", OrAbsent{profile.tail});
  visit("batches", profile.batches);
  visit("in_flight", profile.in_flight);
  visit("unreadable", profile.unreadable);
}

void describe(auto&& visit, Is<Turns> auto& turns) {
  visit("length_ns", turns.length_ns);
  visit("rest_ns", turns.rest_ns);
  visit("lead_in_ns", turns.lead_in_ns);
  visit("sitting_ns", turns.sitting_ns);
  visit("overran", turns.overran);
  visit("rounds", turns.rounds);
}

void describe(auto&& visit, Is<Trial> auto& trial) {
  visit("block", trial.block);
  visit("repeat", trial.repeat);
  visit("kind", trial.kind);
  visit("status", trial.status);
  visit("reason", OrNull{trial.reason});
  visit("valid", trial.valid);
  visit("notes", trial.notes);
  visit("invariants", trial.invariants);
  visit("started", trial.started);
  visit("seed", trial.seed);
  visit("warm_up_ns", trial.warm_up_ns);
  visit("window_ns", trial.window_ns);
  visit("outcomes", trial.outcomes);
  visit("throughput_per_s", trial.throughput_per_s);
  visit("offered_per_s", trial.offered_per_s);
  visit("censored", trial.censored);
  visit("not_started", trial.not_started);
  visit("attempts", trial.attempts);
  visit("in_flight_max", trial.in_flight_max);
  visit("body_bytes", trial.body_bytes);
  visit("service_time", trial.service_time);
  visit("response_time", trial.response_time);
  visit("connect_time", trial.connect_time);
  visit("time_to_first_byte", trial.time_to_first_byte);
  visit("failed_time", trial.failed_time);
  visit("start_lag", trial.start_lag);
  visit("censored_service_time", trial.censored_service_time);
  visit("censored_response_time", trial.censored_response_time);
  visit("subject", trial.subject);
  visit("peer", trial.peer);
  visit("peer_processes", OrAbsent{trial.peer_processes});
  visit("server", trial.server);
  visit("disturbance", trial.disturbance);
  visit("series", trial.series);
  visit("figures", trial.figures);
  visit("curves", trial.curves);
  visit("items", trial.items);
  visit("failures", OrAbsent{trial.failures});
  visit("slices", trial.slices);
  visit("coarse_slices", trial.coarse_slices);
  visit("turns", OrAbsent{trial.turns});
  visit("lanes", trial.lanes);
  visit("profile", OrAbsent{trial.profile});
}

void describe(auto&& visit, Is<Estimate> auto& estimate) {
  visit("median", estimate.median);
  visit("low", estimate.low);
  visit("high", estimate.high);
  visit("interval", estimate.interval);
  visit("trials", estimate.trials);
  visit("at_least", estimate.at_least);
  visit("unresolved", estimate.unresolved);
}

void describe(auto&& visit, Is<Summary> auto& summary) {
  visit("trials_valid", summary.trials_valid);
  visit("trials_timed", summary.trials_timed);
  for (const char* name : kSummaryFields) visit(name, OneFigure{summary.figures, name});
  visit("figures", OtherFigures{summary.figures});
  visit("notes", summary.notes);
}

void describe(auto&& visit, Is<StrategyOption> auto& option) {
  visit("name", option.name);
  visit("value", option.value);
}

void describe(auto&& visit, Is<StrategyInfo> auto& info) {
  visit("name", info.name);
  visit("summary", info.summary);
  visit("library", info.library);
  visit("waits", info.waits);
  visit("family", OrAbsent{info.family});
  visit("files", OrAbsent{info.files});
  visit("event_loop", info.event_loop);
  visit("in_all", info.in_all);
  visit("options", info.options);
}

void describe(auto&& visit, Is<Cell> auto& cell) {
  visit("id", cell.id);
  visit("workload", cell.workload);
  visit("strategy", cell.strategy);
  visit("parameters", cell.parameters);
  visit("status", cell.status);
  visit("reason", OrNull{cell.reason});
  visit("generator", cell.generator);
  visit("paced", cell.paced);
  visit("strategy_info", cell.strategy_info);
  visit("summary", cell.summary);
  visit("trials", cell.trials);
}

void describe(auto&& visit, Is<StoredPlan> auto& plan) {
  visit("suite", OrNull{plan.suite});
  visit("trials", plan.trials);
  visit("warm_up_ns", plan.warm_up_ns);
  visit("window_ns", plan.window_ns);
  visit("grace_ns", plan.grace_ns);
  visit("peer_strategy", plan.peer_strategy);
  visit("subject_cpus", plan.subject_cpus);
  visit("peer_cpus", plan.peer_cpus);
  visit("cpu_idle", plan.cpu_idle);
  visit("options", plan.options);
}

void describe(auto&& visit, Is<Run> auto& run) {
  visit("id", run.id);
  visit("started", run.started);
  visit("finished", OrNull{run.finished});
  visit("seed", run.seed);
  visit("complete", run.complete);
  visit("command", run.command);
  visit("version", run.version);
  visit("resumed", run.resumed);
  visit("notes", run.notes);
}

void describe(auto&& visit, Is<Schema> auto& schema) {
  visit("name", schema.name);
  visit("major", schema.major);
  visit("minor", schema.minor);
}

void describe(auto&& visit, Is<Result> auto& result) {
  visit("schema", result.schema);
  visit("run", result.run);
  visit("environment", result.environment);
  visit("plan", result.plan);
  visit("cells", result.cells);
}

// Optional values, lists and maps as JSON: for a `Writer` of their elements to inherit.
template <class Json, class Writer>
class WriteContainers {
 public:
  template <class T>
  Json operator()(const std::optional<T>& value) const {
    return value ? written(*value) : Json();
  }
  template <class T>
  Json operator()(const std::vector<T>& list) const {
    Json json = Json::array();
    for (const T& element : list) json.push_back(written(element));
    return json;
  }
  template <class T>
  Json operator()(const std::map<std::string, T>& map) const {
    Json json = Json::object();
    for (const auto& [name, value] : map) json[name] = written(value);
    return json;
  }

 private:
  Json written(const auto& value) const { return static_cast<const Writer&>(*this)(value); }
};

// The names of an enumeration's values, in their order.
template <class Enum>
inline constexpr std::array<std::string_view, 0> kNamesOf{};
template <>
inline constexpr std::array<std::string_view, kOutcomes> kNamesOf<Outcome> = kOutcomeNames;
template <>
inline constexpr std::array<std::string_view, 2> kNamesOf<Side> = {"subject", "peer"};
template <>
inline constexpr std::array<std::string_view, 5> kNamesOf<TrialKind> = {"timed", "count", "profile",
                                                                        "trace", "twin"};
template <>
inline constexpr std::array<std::string_view, 6> kNamesOf<TrialStatus> = {
    "ok", "failed", "timeout", "crashed", "cancelled", "invalid"};
template <>
inline constexpr std::array<std::string_view, 3> kNamesOf<IntervalKind> = {"sign_95", "range",
                                                                           "single"};
template <>
inline constexpr std::array<std::string_view, 3> kNamesOf<CellStatus> = {"measured", "unsupported",
                                                                         "failed"};

}  // namespace asyncbench::result
