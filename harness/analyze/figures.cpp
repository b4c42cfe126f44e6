#include "analyze/figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <set>

#include "result/from_recording.hpp"

namespace asyncbench::analyze {
namespace {

using result::Latency;
using result::Trial;
using result::TrialKind;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

std::optional<Reading> reading(std::optional<double> value) {
  return value ? std::optional(Reading{.value = *value}) : std::nullopt;
}

template <int per_mille>
Reading percentile_of(const CensoredLatencies& latencies) {
  const Percentile found = percentile(latencies, per_mille / 10.0);
  return {.value = static_cast<double>(found.value_ns),
          .at_least = found.at_least,
          .unresolved = found.unresolved && !found.at_least};
}

template <int per_mille>
std::optional<Reading> service_time(const TrialView& view) {
  if (!view.service_time) return std::nullopt;
  return percentile_of<per_mille>(*view.service_time);
}

template <int per_mille>
std::optional<Reading> response_time(const TrialView& view) {
  if (!view.response_time) return std::nullopt;
  return percentile_of<per_mille>(*view.response_time);
}

std::optional<std::int64_t> peer_cpu_ns(const Trial& trial) {
  return trial.peer ? trial.peer->cpu_ns() : std::nullopt;
}

// An amount of CPU time per request: over the turns in which it was read, otherwise over the
// window.
template <class OfTurn>
std::optional<Reading> cpu_per_request(const Trial& trial, std::optional<std::int64_t> in_window,
                                       OfTurn of_turn) {
  if (!trial.turns) return reading(per_request(trial, in_window));
  Reading found;
  double cpu_ns = 0;
  double requests = 0;
  for (const result::Turn& turn : trial.turns->rounds) {
    const std::optional<std::int64_t> used_ns = of_turn(turn);
    if (!used_ns || turn.requests == 0) {
      found.rounds.push_back(kNone);
      continue;
    }
    cpu_ns += static_cast<double>(*used_ns);
    requests += static_cast<double>(turn.requests);
    found.rounds.push_back(static_cast<double>(*used_ns) / static_cast<double>(turn.requests));
  }
  if (requests == 0) return std::nullopt;
  found.value = cpu_ns / requests;
  return found;
}

std::optional<Reading> cpu(const TrialView& view) {
  return cpu_per_request(view.trial, view.trial.subject.cpu_ns(),
                         [](const result::Turn& turn) { return turn.subject_cpu_ns; });
}

std::optional<Reading> peer_cpu(const TrialView& view) {
  return cpu_per_request(view.trial, peer_cpu_ns(view.trial),
                         [](const result::Turn& turn) { return turn.peer_cpu_ns; });
}

std::optional<Reading> total_cpu(const TrialView& view) {
  using Amount = std::optional<std::int64_t>;
  const auto both = [](Amount own, Amount peer) {
    return own && peer ? Amount(*own + *peer) : std::nullopt;
  };
  return cpu_per_request(
      view.trial, both(view.trial.subject.cpu_ns(), peer_cpu_ns(view.trial)),
      [&](const result::Turn& turn) { return both(turn.subject_cpu_ns, turn.peer_cpu_ns); });
}

std::optional<Reading> throughput(const TrialView& view) {
  Reading found{.value = view.trial.throughput_per_s};
  if (!view.trial.turns) return found;
  const result::Turns& turns = *view.trial.turns;
  const double counted_s = static_cast<double>(turns.length_ns - turns.lead_in_ns) / 1e9;
  for (const result::Turn& turn : turns.rounds) {
    found.rounds.push_back(static_cast<double>(turn.completions) / counted_s);
  }
  return found;
}

std::optional<Reading> memory_peak(const TrialView& view) {
  const auto& bytes = view.trial.subject.memory_peak_bytes;
  return bytes ? reading(static_cast<double>(*bytes)) : std::nullopt;
}

// With several loops, the requests of the one that had the fewest, as a share of the mean: 1 when
// all had the same. The threads of other strategies belong to no loop: which lane they record in
// says nothing.
std::optional<Reading> balance(const TrialView& view) {
  const std::vector<LaneReport>& lanes = view.trial.lanes;
  if (!view.cell.strategy_info.event_loop || lanes.size() < 2) return std::nullopt;
  double least = std::numeric_limits<double>::infinity();
  double sum = 0;
  for (const LaneReport& lane : lanes) {
    const auto found = lane.counters.find("requests");
    if (found == lane.counters.end()) return std::nullopt;
    const auto requests = static_cast<double>(found->second);
    least = std::min(least, requests);
    sum += requests;
  }
  if (sum == 0) return std::nullopt;
  return Reading{.value = least * static_cast<double>(lanes.size()) / sum};
}

constexpr bool kHigher = true;
constexpr bool kLower = false;
constexpr std::nullopt_t kNeither = std::nullopt;
constexpr auto kTimed = TrialKind::timed;
constexpr auto kCount = TrialKind::count;

// clang-format off
constexpr auto kTable = std::to_array<Figure>({
    {kThroughput, Unit::requests_per_s, kHigher, "throughput", "throughput", "req/s",
     Shown::always, kTimed,
     throughput},
    {kServiceP50, Unit::time, kLower, "service time p50", "p50", "p50", Shown::closed_loop, kTimed,
     service_time<500>},
    {kServiceP99, Unit::time, kLower, "service time p99", "p99", "p99", Shown::closed_loop, kTimed,
     service_time<990>},
    {"service_time_p99_9_ns", Unit::time, kLower, "service time p99.9", "p99.9", "p99.9",
     Shown::closed_loop, kTimed, service_time<999>},
    {kResponseP50, Unit::time, kLower, "response time p50", "resp p50", "resp p50",
     Shown::open_loop, kTimed, response_time<500>},
    {kResponseP99, Unit::time, kLower, "response time p99", "resp p99", "resp p99",
     Shown::open_loop, kTimed, response_time<990>},
    {"response_time_p99_9_ns", Unit::time, kLower, "response time p99.9", "resp p99.9", "r p99.9",
     Shown::open_loop, kTimed, response_time<999>},
    {kCpu, Unit::cpu_time, kLower, "CPU per request", "CPU/request", "CPU us",
     Shown::always, kTimed, cpu},
    {kTotalCpu, Unit::cpu_time, kLower, "total CPU per request", "total CPU", "total us",
     Shown::both_ends, kTimed, total_cpu},
    {kPeerCpu, Unit::cpu_time, kLower, "CPU of the peer per request", "peer CPU", "peer us",
     Shown::not_in_terminal, kTimed, peer_cpu},
    {"context_switches_per_request", Unit::per_request, kLower, "context switches per request",
     "context switches", "ctx sw", Shown::always, kTimed,
     [](const TrialView& view) {
       return reading(per_request(view.trial, context_switches(view.trial)));
     }},
    {"syscalls_per_request", Unit::per_request, kLower, "system calls per request",
     "system calls", "syscall", Shown::always, kCount,
     [](const TrialView& view) {
       return reading(per_request(view.trial, view.trial.subject.syscalls));
     }},
    {"page_faults_major_per_request", Unit::per_request, kLower, "major page faults per request",
     "major page faults", {}, Shown::not_in_terminal, kTimed,
     [](const TrialView& view) {
       return reading(per_request(view.trial, view.trial.subject.page_faults_major));
     }},
    {kMemoryPeak, Unit::bytes, kLower, "peak memory", "memory peak", {},
     Shown::not_in_terminal, kTimed, memory_peak},
    {"error_share", Unit::share, kLower, "share of failed requests", "errors", {},
     Shown::not_in_terminal, kTimed,
     [](const TrialView& view) { return reading(error_share(view.trial)); }},
    // What workloads measure of their own, by name.
    {"amplification_p50", Unit::ratio, kLower},
    {"amplification_p99", Unit::ratio, kLower},
    {"asked_upstream", Unit::ratio, kNeither},
    {"balance", Unit::ratio, kHigher, "balance of the loops", "balance", "balance",
     Shown::where_measured, kTimed, balance},
    {"disk_read_share", Unit::share, kNeither, "share of bytes read from the disk"},
    {"final_sync_ns", Unit::time, kLower},
    {"gather_time_p50_ns", Unit::time, kLower},
    {"gather_time_p99_ns", Unit::time, kLower},
    {"handshake_time_p50_ns", Unit::time, kLower},
    {"handshake_time_p99_ns", Unit::time, kLower},
    {"heartbeat_lag_p50_ns", Unit::time, kLower},
    {kHeartbeatLagP99, Unit::time, kLower},
    {"memory_fit", Unit::ratio, kNeither, "fit of the line that memory grows by"},
    {"memory_per_connection_bytes", Unit::bytes, kLower},
    {"memory_per_task_bytes", Unit::bytes, kLower},
    {"read_bytes_per_s", Unit::bytes_per_s, kHigher, "bytes read per second"},
    {"upstream_time_p50_ns", Unit::time, kLower},
    {"upstream_time_p99_ns", Unit::time, kLower},
    {"written_bytes_per_s", Unit::bytes_per_s, kHigher, "bytes written per second"},
});
// clang-format on

// A longer suffix before those that it ends with.
constexpr std::array kNamed = {Unit::bytes_per_s, Unit::per_s, Unit::bytes,
                               Unit::time,        Unit::share, Unit::per_request};

Figure made_from(FigureName name) {
  Figure figure{.name = name};
  // Stages have a table of their own.
  if (name.starts_with(kStagePrefix)) figure.shown = Shown::not_in_terminal;
  const auto unit = std::ranges::find_if(kNamed, [&](Unit each) {
    const std::string_view suffix =
        each == Unit::per_request ? std::string_view("_per_request") : info_of(each).suffix;
    return name.size() > suffix.size() && name.ends_with(suffix);
  });
  if (unit == kNamed.end()) return figure;
  figure.unit = *unit;
  if (*unit == Unit::per_s || *unit == Unit::bytes_per_s) {
    figure.higher_is_better = true;
  } else if (*unit != Unit::share) {
    figure.higher_is_better = false;
  }
  return figure;
}

// ln(b / a); empty where either is 0 or less.
std::optional<double> log_ratio(double a, double b) {
  if (!(a > 0) || !(b > 0)) return std::nullopt;
  return std::log(b) - std::log(a);
}

std::optional<double> log_ratio(const Reading& a, const Reading& b) {
  std::vector<double> by_round;
  for (std::size_t i = 0; i < std::min(a.rounds.size(), b.rounds.size()); ++i) {
    if (const auto ratio = log_ratio(a.rounds[i], b.rounds[i])) by_round.push_back(*ratio);
  }
  return by_round.empty() ? log_ratio(a.value, b.value) : std::optional(median(by_round));
}

std::string spaced(std::string_view name) {
  std::string text(name);
  std::ranges::replace(text, '_', ' ');
  return text;
}

}  // namespace

std::optional<CensoredLatencies> decoded(const std::optional<Latency>& ended,
                                         const std::optional<Latency>& unfinished) {
  if (!ended || ended->count == 0) return std::nullopt;
  CensoredLatencies latencies(
      result::distribution_of(*ended),
      unfinished ? result::distribution_of(*unfinished) : measure::Distribution{});
  return latencies.completed.empty() ? std::nullopt : std::optional(std::move(latencies));
}

const UnitInfo& info_of(Unit unit) {
  static constexpr std::array<UnitInfo, 9> kInfos = {{
      {"requests_per_s", "_per_s", "requests/s"},
      {"per_s", "_per_s", "1/s"},
      {"bytes_per_s", "_bytes_per_s", "bytes/s"},
      {"bytes", "_bytes", "bytes"},
      {"time", "_ns", "ns"},
      {"cpu_time", "_ns", "ns"},
      {"share", "_share", "share"},
      {"per_request", "", "1/request"},
      {"ratio", "", "ratio"},
  }};
  return kInfos[static_cast<std::size_t>(unit)];
}

TrialView::TrialView(const result::Cell& of_cell, const Trial& of_trial)
    : cell(of_cell),
      trial(of_trial),
      service_time(decoded(trial.service_time, trial.censored_service_time)),
      response_time(decoded(trial.response_time, trial.censored_response_time)) {}

std::string Figure::title() const {
  return in_text.empty() ? spaced(stem()) : std::string(in_text);
}

std::string Figure::short_title() const {
  return in_tables.empty() ? spaced(stem()) : std::string(in_tables);
}

std::string Figure::terminal_title() const {
  if (!in_terminal.empty()) return std::string(in_terminal);
  if (unit == Unit::share) return spaced(name);
  return spaced(stem()) + (unit == Unit::bytes_per_s ? " B/s" : unit == Unit::per_s ? "/s" : "");
}

std::string_view Figure::stem() const {
  return name.substr(0, name.size() - info_of(unit).suffix.size());
}

std::span<const Figure> figures() { return kTable; }

Figure info_of(FigureName name) {
  const auto* const found = std::ranges::find(kTable, name, &Figure::name);
  return found == kTable.end() ? made_from(name) : *found;
}

std::vector<Figure> figures_of(std::span<const result::Cell* const> cells) {
  std::set<FigureName> names;
  for (const result::Cell* cell : cells) {
    if (!cell->summary) continue;
    for (const auto& [name, estimate] : cell->summary->figures) names.insert(name);
  }
  std::vector<Figure> found;
  for (const Figure& figure : kTable) {
    if (names.erase(figure.name) > 0) found.push_back(figure);
  }
  for (const FigureName name : names) found.push_back(made_from(name));
  return found;
}

TrialFigures figures_of(const result::Cell& cell, const Trial& trial) {
  TrialFigures found;
  const TrialView view(cell, trial);
  const TrialKind kind = trial.kind == TrialKind::twin ? kTimed : trial.kind;
  for (const Figure& figure : kTable) {
    if (figure.read == nullptr || figure.kind != kind) continue;
    if (const auto value = figure.read(view)) found.emplace(figure.name, *value);
  }
  if (kind != kTimed) return found;
  for (const auto& [name, value] : trial.figures) found.emplace(name, Reading{.value = value});
  for (const auto& [name, latency] : trial.series) {
    const auto latencies = decoded(latency, std::nullopt);
    if (!latencies) continue;
    found.emplace(name + "_p50_ns", percentile_of<500>(*latencies));
    found.emplace(name + "_p99_ns", percentile_of<990>(*latencies));
  }
  return found;
}

CellFigures figures_of(const result::Cell& cell, TrialKind kind) {
  CellFigures found;
  for (const Trial* trial : cell.valid_trials(kind)) {
    found.insert_or_assign(trial->block, figures_of(cell, *trial));
  }
  return found;
}

BlockRatios block_ratios(const CellFigures& reference, const CellFigures& other,
                         FigureName figure) {
  const double worse = info_of(figure).higher_is_better.value_or(false) ? -1 : 1;
  BlockRatios ratios;
  for (const auto& [block, trial] : reference) {
    const auto beside = other.find(block);
    if (beside == other.end()) continue;
    const auto a = trial.find(figure);
    const auto b = beside->second.find(figure);
    if (a == trial.end() || b == beside->second.end()) continue;
    if (const auto ratio = log_ratio(a->second, b->second)) ratios.emplace(block, worse * *ratio);
  }
  return ratios;
}

std::vector<double> log_ratios(const CellFigures& reference, const CellFigures& other,
                               FigureName figure) {
  std::vector<double> ratios;
  for (const auto& [block, ratio] : block_ratios(reference, other, figure)) ratios.push_back(ratio);
  return ratios;
}

std::optional<double> median_of(const CellFigures& cell, FigureName figure) {
  std::vector<double> values;
  for (const auto& [block, trial] : cell) {
    if (const auto found = trial.find(figure); found != trial.end()) {
      values.push_back(found->second.value);
    }
  }
  if (values.empty()) return std::nullopt;
  return median(values);
}

std::optional<double> per_request(const Trial& trial, std::optional<std::int64_t> amount) {
  const std::uint64_t requests = trial.ended();
  if (!amount || requests == 0) return std::nullopt;
  return static_cast<double>(*amount) / static_cast<double>(requests);
}

std::optional<double> error_share(const Trial& trial) {
  const std::uint64_t failed = trial.ended() - trial.outcome(Outcome::ok);
  return per_request(trial, static_cast<std::int64_t>(failed));
}

bool has_stages(const Trial& trial) {
  const auto first = trial.figures.lower_bound(std::string(kStagePrefix));
  return first != trial.figures.end() && first->first.starts_with(kStagePrefix);
}

std::optional<std::int64_t> context_switches(const Trial& trial) {
  const auto& voluntary = trial.subject.context_switches_voluntary;
  const auto& involuntary = trial.subject.context_switches_involuntary;
  if (!voluntary || !involuntary) return std::nullopt;
  return *voluntary + *involuntary;
}

std::optional<double> peer_cpu_ratio(const result::Cell& a, const result::Cell& b) {
  const auto median_in = [](const result::Cell& cell) {
    std::vector<double> values;
    for (const Trial* trial : cell.valid_trials()) {
      if (const auto value = per_request(*trial, peer_cpu_ns(*trial))) values.push_back(*value);
    }
    return values.empty() ? 0 : median(values);
  };
  const double of_a = median_in(a);
  const double of_b = median_in(b);
  if (of_a <= 0 || of_b <= 0) return std::nullopt;
  return std::max(of_a, of_b) / std::min(of_a, of_b);
}

}  // namespace asyncbench::analyze
