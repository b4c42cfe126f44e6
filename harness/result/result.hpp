// The result: what a run leaves behind. Plain values, the same names as in the JSON
// (results/schema/result-1.schema.json). A field that could not be read is empty, never 0, and says
// why under its name in `unreadable`.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/job.hpp"
#include "core/outcome.hpp"
#include "core/strategy.hpp"
#include "measure/profile.hpp"
#include "measure/readings.hpp"
#include "measure/recorder.hpp"
#include "measure/server_counters.hpp"

namespace asyncbench::result {

// A parameter of a cell or an option of a run.
using Value = std::variant<std::int64_t, double, std::string, bool>;

// Named values in the order in which they were given: that order is part of a cell's id.
using Values = std::vector<std::pair<std::string, Value>>;

// The value named `name`; null when there is none.
const Value* find(const Values& values, std::string_view name);

std::string text_of(const Value& value);

using measure::Unreadable;

// Something that a reader should know, found by run (one trial) or by analyze (across trials).
struct Note {
  std::string code;    // stable: "generator_limited", "not_steady" ...; see analyze/notes.hpp
  std::string detail;  // what was seen, in one line with figures

  bool operator==(const Note&) const = default;
};

// Which participant: the one being compared, or the other end of its connections.
enum class Side : std::uint8_t { subject, peer };

// Latencies of one kind in one trial. `count` is the number of samples.
struct Latency {
  std::uint64_t count = 0;
  double mean_ns = 0;
  std::int64_t p50_ns = 0;
  std::int64_t p90_ns = 0;
  std::int64_t p99_ns = 0;
  std::int64_t p99_9_ns = 0;
  std::int64_t p99_99_ns = 0;
  std::int64_t max_ns = 0;
  // Samples outside the histogram's range (1 ns to 60 s); the count includes them.
  std::uint64_t below_range = 0;
  std::uint64_t above_range = 0;
  std::string histogram;  // HdrHistogram V2, compressed, base64: "HISTFAAA..."

  bool operator==(const Latency&) const = default;
};

// What a participant consumed between the window's start and its end.
struct Usage {
  std::optional<std::int64_t> cpu_user_ns;
  std::optional<std::int64_t> cpu_system_ns;
  // Where these two are from: "cgroup", or "getrusage", which lacks the ends of threads. Empty in
  // results before version 1.2: getrusage.
  std::optional<std::string> cpu_account;
  std::optional<std::int64_t> context_switches_voluntary;
  std::optional<std::int64_t> context_switches_involuntary;
  std::optional<std::int64_t> page_faults_minor;
  std::optional<std::int64_t> page_faults_major;
  std::optional<std::int64_t> syscalls;           // count trials only
  std::optional<std::int64_t> memory_peak_bytes;  // of the whole trial
  std::optional<std::int64_t> run_queue_wait_ns;  // runnable, but not running
  std::optional<std::int64_t> threads_peak;
  std::vector<std::int64_t> cpus;  // that it was pinned to; empty: not pinned
  // How many CPUs it could use at once: no more than it was allowed, and with event loops no more
  // than there are loops. Empty in results before version 1.4.
  std::optional<std::int64_t> usable_cpus;
  // How long the busiest of its threads was running or waiting for a CPU: one that never sleeps is
  // at its limit, whatever the others do. Empty in results before version 1.4.
  std::optional<std::int64_t> busiest_thread_ns;
  Unreadable unreadable;

  // usable_cpus; of older results, the CPUs that it was pinned to, at least 1.
  std::int64_t usable() const;

  // User and system together; empty when either is.
  std::optional<std::int64_t> cpu_ns() const;

  bool operator==(const Usage&) const = default;
};

// What two participants used together; what one of them could not read is empty. Their peaks of
// memory add up to an upper bound; the busiest thread is that of both.
Usage sum(const Usage& a, const Usage& b);

// One of several clients that loaded the subject together, over the window.
struct PeerProcess {
  std::uint64_t connections = 0;  // of which each had one request in flight
  std::uint64_t requests = 0;     // with any outcome
  std::uint64_t ok = 0;
  std::optional<std::int64_t> start_lag_p99_ns;  // open loop: how late it sent
  Usage usage;

  bool operator==(const PeerProcess&) const = default;
};

// How undisturbed the machine was around one trial.
struct Disturbance {
  std::optional<std::int64_t> steal_ns;         // all CPUs, over the window
  std::optional<std::int64_t> softirq_ns;       // all CPUs, over the window
  std::optional<std::int64_t> pressure_cpu_ns;  // PSI "some" of the CPU, over the window
  std::optional<std::int64_t> throttled_ns;     // by a CPU quota, over the window; empty: no quota
  std::optional<std::int64_t> frequency_khz;    // of the subject's first CPU, at the window's end
  // A fixed spin kernel on all CPUs that the trial uses at once, the slowest one's, before and
  // after the trial; and before it on the subject's first CPU alone.
  std::optional<std::int64_t> canary_before_ns;
  std::optional<std::int64_t> canary_after_ns;
  std::optional<std::int64_t> canary_alone_ns;
  Unreadable unreadable;

  bool operator==(const Disturbance&) const = default;
};

// measure::kSlice each, over the window.
struct Slice {
  std::uint64_t completions = 0;
  std::uint64_t service_time_sum_ns = 0;

  bool operator==(const Slice&) const = default;
};

// measure::kCoarseSlice each: (bucket, count) of the buckets that are not empty, in order; the
// bounds of a bucket are those of measure::coarse_bucket().
using CoarseSlice = std::vector<std::pair<std::uint32_t, std::uint32_t>>;

// Pairs of a growing count and what was read there.
using Curve = std::vector<std::pair<double, double>>;

using measure::FailureCount;
using measure::ItemOutcomes;

// What one cell did in one of its turns, the rest after it included.
struct Turn {
  std::int64_t start_ns = 0;         // since the window's start
  std::uint64_t requests = 0;        // that began in it, with any outcome
  std::uint64_t completions = 0;     // outcome ok, that ended between the lead-in and its end
  std::uint64_t latencies = 0;       // outcome ok, that began after the lead-in ...
  std::uint64_t latency_sum_ns = 0;  // ... and their response times, in closed loop service times
  std::optional<std::int64_t> subject_cpu_ns;
  std::optional<std::int64_t> peer_cpu_ns;  // of all other participants; empty: foreign ones
  std::optional<std::int64_t> canary_ns;  // the spin kernel on all CPUs at once, in the rest after

  bool operator==(const Turn&) const = default;
};

// A trial that took turns with those of other cells, all in one sitting: docs/method.md, "Turns".
// Its window is the time of its turns alone.
struct Turns {
  std::int64_t length_ns = 0;   // of each turn
  std::int64_t rest_ns = 0;     // after each: what is in flight ends, and usage is read
  std::int64_t lead_in_ns = 0;  // at the beginning of each: requests that begin in it count for CPU
                                // per request, but neither for throughput nor for latencies
  std::int64_t sitting_ns = 0;  // of the turns of all cells with their rests, from the window's
                                // start to its end
  std::uint64_t overran = 0;    // requests that outlasted the rest of their turn
  std::vector<Turn> rounds;     // one a round, without the warm-up

  std::uint64_t requests() const;  // that began in them
  // More than 1 % of the requests outlasted the rest, so that cells disturbed one another.
  bool overlap() const { return overran * 100 > requests(); }

  bool operator==(const Turns&) const = default;
};

enum class TrialKind : std::uint8_t {
  timed,    // its times count
  count,    // syscalls were counted, which slows everything: its times do not count
  profile,  // the subject was profiled, which slows it a little: its times do not count
  trace,    // its turns and its threads' switches were recorded: its times do not count
  // The cell once more in a block, under the name of its twin: against its timed trials, its times
  // show how far the same thing differs from itself.
  twin,
};

enum class TrialStatus : std::uint8_t { ok, failed, timeout, crashed, cancelled, invalid };

// What must hold of every trial: docs/method.md says what each demands.
enum class Invariant : std::uint8_t {
  requests_balance,
  both_ends_agree,
  samples_match_counts,
  in_flight_within_limit,
  resources_returned,
  recorded_once,
  littles_law,
  same_outcomes,
};
inline constexpr std::array<std::string_view, 8> kInvariantNames = {
    "requests_balance",   "both_ends_agree", "samples_match_counts", "in_flight_within_limit",
    "resources_returned", "recorded_once",   "littles_law",          "same_outcomes"};
inline constexpr std::size_t kInvariants = kInvariantNames.size();
inline std::string_view name_of(Invariant invariant) {
  return kInvariantNames[static_cast<std::size_t>(invariant)];
}

// One run of a cell in fresh processes.
struct Trial {
  std::int64_t block = 0;
  std::int64_t repeat =
      0;  // 1, 2 ...: run again, because an earlier trial of the block was invalid
  TrialKind kind = TrialKind::timed;
  TrialStatus status = TrialStatus::ok;
  std::string reason;  // why it does not count, with the remedy; empty when it does
  // Status ok, no invariant broken, and not measured again because a trial that it stands beside
  // (another build of the same cell) was invalid: its figures count.
  bool valid = false;
  std::vector<Note> notes;
  // Indexed by Invariant; empty: could not be checked.
  std::array<std::optional<bool>, kInvariants> invariants{};

  std::string started;     // UTC, RFC 3339; a label, not a measurement
  std::uint64_t seed = 0;  // of the arrivals and bodies, the same for all strategies of a block
  std::int64_t warm_up_ns = 0;
  std::int64_t window_ns = 0;
  // Requests that ended in the window, by Outcome.
  std::array<std::uint64_t, kOutcomes> outcomes{};
  double throughput_per_s = 0;          // outcome ok, over the window
  std::optional<double> offered_per_s;  // open loop: arrivals due in the window
  std::uint64_t censored = 0;           // begun, but unfinished at the window's end
  std::uint64_t not_started = 0;        // open loop: due in the window or before, never begun
  std::uint64_t attempts = 0;           // requests sent in the window, retries included
  std::uint64_t in_flight_max = 0;
  std::uint64_t body_bytes = 0;  // of outcome ok, in the window

  std::optional<Latency> service_time;        // outcome ok
  std::optional<Latency> response_time;       // outcome ok; empty in closed loop
  std::optional<Latency> connect_time;        // new connections
  std::optional<Latency> time_to_first_byte;  // outcome ok
  std::optional<Latency> failed_time;         // service time of every outcome but ok
  std::optional<Latency> start_lag;           // open loop: how late the generator itself was
  // Ages at the window's end of what was unfinished: lower bounds of what they would have become.
  std::optional<Latency> censored_service_time;
  std::optional<Latency> censored_response_time;

  Usage subject;
  std::optional<Usage> peer;  // empty: a foreign process, as in `fetch --url`
  // Where the peer's client is several processes: what each did. Since version 1.5 of results.
  std::optional<std::vector<PeerProcess>> peer_processes;
  std::optional<measure::ServerTotals> server;  // of the side that served, if it is ours
  Disturbance disturbance;

  // What the workload measures beside its requests, over the window: latencies by name
  // ("heartbeat_lag"), and plain figures whose unit ends the name ("read_bytes_per_s").
  std::map<std::string, Latency> series;
  std::map<std::string, double> figures;
  std::map<std::string, Curve> curves;  // what figures were derived from
  std::vector<ItemOutcomes> items;      // of workloads that ask for many different things
  // What failed in the window, the most frequent first; empty in results before version 1.4.
  std::optional<std::vector<FailureCount>> failures;

  std::vector<Slice> slices;  // empty where trials take turns, as are the next
  std::vector<CoarseSlice> coarse_slices;
  std::optional<Turns> turns;     // empty: it had its whole window
  std::vector<LaneReport> lanes;  // the subject's

  std::optional<measure::Profile> profile;  // of the subject, in profile and trace trials, and in
                                            // the count trials of a run that profiles

  std::uint64_t outcome(Outcome outcome) const {
    return outcomes[static_cast<std::size_t>(outcome)];
  }
  std::uint64_t ended() const;  // the sum of the outcomes
  std::optional<bool>& invariant(Invariant which) {
    return invariants[static_cast<std::size_t>(which)];
  }
  std::optional<bool> invariant(Invariant which) const {
    return invariants[static_cast<std::size_t>(which)];
  }
  // Some invariant was checked and does not hold.
  bool broken() const;
  // Its figures count among those of this kind.
  bool counts_as(TrialKind of) const { return valid && kind == of; }
};

// Where `low` and `high` of an estimate are from.
enum class IntervalKind : std::uint8_t {
  sign_95,  // of the median across trials, by the sign test, at least 95 %
  range,    // fewer than 6 trials: least and greatest value, no statement of confidence
  single,   // one value
};

// One figure of a cell across its valid trials.
struct Estimate {
  double median = 0;
  double low = 0;
  double high = 0;
  IntervalKind interval = IntervalKind::single;
  std::int64_t trials = 0;
  // The true value is at least this: requests unfinished at the window's end (a latency), or a
  // generator at its limit (a throughput) hide the rest.
  bool at_least = false;
  // A percentile: too few requests a trial for a two-sided 95 % interval inside the trial.
  bool unresolved = false;

  bool operator==(const Estimate&) const = default;
};

// The figures that a summary has as fields of its own in the file, null where they are missing, in
// that order. It is the list of version 1.0 and stays as it is: every other figure stands under its
// name in the field `figures`.
inline constexpr std::array kSummaryFields = {"throughput_per_s",
                                              "cpu_per_request_ns",
                                              "cpu_per_request_peer_ns",
                                              "cpu_per_request_total_ns",
                                              "service_time_p50_ns",
                                              "service_time_p99_ns",
                                              "service_time_p99_9_ns",
                                              "response_time_p50_ns",
                                              "response_time_p99_ns",
                                              "response_time_p99_9_ns",
                                              "context_switches_per_request",
                                              "syscalls_per_request",
                                              "memory_peak_bytes",
                                              "error_share"};

// Figures by name; analyze/figures.hpp says what each name means.
using Estimates = std::map<std::string, Estimate, std::less<>>;

struct Summary {
  std::int64_t trials_valid = 0;
  std::int64_t trials_timed = 0;  // planned ones that ended, valid or not
  Estimates figures;              // none of which nothing valid was measured, or nothing readable
  std::vector<Note> notes;        // across trials

  // Null when there is no such figure.
  const Estimate* find(std::string_view figure) const;

  bool operator==(const Summary&) const = default;
};

enum class CellStatus : std::uint8_t { measured, unsupported, failed };

// One point to measure, with its trials in the order in which they ended.
struct Cell {
  std::string id;  // cell_id() of the fields below
  std::string workload;
  std::string strategy;
  Values parameters;
  CellStatus status = CellStatus::measured;
  std::string reason;              // unsupported, failed: why, with the remedy
  Side generator = Side::subject;  // which side issues the requests
  bool paced = false;              // the work fixes how many requests there are in a time
  StrategyInfo strategy_info;      // its operations are not in the file: see status and reason
  std::vector<Trial> trials;
  std::optional<Summary> summary;  // by analyze

  // The trials whose figures count, in their order.
  std::vector<const Trial*> valid_trials(TrialKind kind = TrialKind::timed) const;
  // The latest trial of which `counts` is true; null when there is none.
  template <class Counts>
  const Trial* latest_trial(Counts counts) const {
    const auto found = std::find_if(trials.rbegin(), trials.rend(), counts);
    return found == trials.rend() ? nullptr : &*found;
  }
  // The figure across the valid trials; null when there is none.
  const Estimate* find(std::string_view figure) const {
    return summary ? summary->find(figure) : nullptr;
  }
};

// Where several builds of the program are compared, a cell's parameters begin with its build.
inline constexpr std::string_view kBuildParameter = "build";
inline constexpr std::string_view kBaseBuild = "base";
inline constexpr std::string_view kCandidateBuild = "candidate";
// The base under another path: what differs from it is the machine's doing.
inline constexpr std::string_view kSentinelBuild = "sentinel";

// Where the other end differs from cell to cell: its strategy (run/settings.hpp). Cells without it
// have the plan's.
inline constexpr std::string_view kPeerParameter = "peer_strategy";

// The strategy that others are compared with, where nothing else is named and it takes part.
inline constexpr std::string_view kUsualReference = "thread_per_connection";

// "fetch/strategy:uring/connections:64/body_bytes:12"
std::string cell_id(const std::string& workload, const std::string& strategy,
                    const Values& parameters);

// What was to be measured, and how. run/settings.hpp has the table of all settings.
struct StoredPlan {
  std::string suite;        // name or file; empty: from flags
  std::int64_t trials = 0;  // timed ones a cell, one a block
  std::int64_t warm_up_ns = 0;
  std::int64_t window_ns = 0;
  std::int64_t grace_ns = 0;
  std::string peer_strategy;
  std::vector<std::int64_t> subject_cpus;  // empty: not pinned
  std::vector<std::int64_t> peer_cpus;
  std::string cpu_idle;  // "poll": idle states were kept off; "default"
  Values options;        // everything else that shapes the run

  bool operator==(const StoredPlan&) const = default;
};

struct Run {
  std::string id;
  std::string started;   // UTC, RFC 3339
  std::string finished;  // empty while it runs, or when it was killed
  std::uint64_t seed = 0;
  bool complete = false;  // every planned trial has its record
  std::vector<std::string> command;
  std::string version;       // of asyncbench
  std::int64_t resumed = 0;  // how often it was taken up again
  std::vector<Note> notes;

  bool operator==(const Run&) const = default;
};

// A fact about the machine or the build: one value, several, or null with a reason.
using Fact =
    std::variant<std::monostate, std::int64_t, double, std::string, bool, std::vector<std::string>>;

// The machine and the build. Facts by name, in order: kernel, cpu, cpus, clock_source, governor,
// mitigations, compiler, compiler_flags, optimized, git_commit ...
struct Environment {
  std::vector<std::pair<std::string, Fact>> facts;
  std::map<std::string, std::string> libraries;  // name -> version
  Unreadable unreadable;

  // The fact of that name as text; empty where it is missing or null.
  std::string text_of(std::string_view fact) const;

  bool operator==(const Environment&) const = default;
};

// Lists are joined by "; ", null is empty.
std::string text_of(const Fact& fact);

struct Schema {
  std::string name = "asyncbench-result";
  std::int64_t major = 1;
  std::int64_t minor = 5;

  bool operator==(const Schema&) const = default;
};

struct Result {
  Schema schema;
  Run run;
  Environment environment;
  StoredPlan plan;
  std::vector<Cell> cells;

  // The cell with this id; null when there is none.
  Cell* find_cell(std::string_view id);
  const Cell* find_cell(std::string_view id) const;
};

}  // namespace asyncbench::result
