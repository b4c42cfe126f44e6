#include "measure/recorder.hpp"

#include <algorithm>
#include <bit>
#include <mutex>
#include <numeric>

#include "measure/live_histogram.hpp"

namespace asyncbench::measure {

namespace {

std::int64_t between_ns(Time from, Time to) { return (to - from).count(); }

std::size_t slots(Duration window, Duration slice) {
  return static_cast<std::size_t>(
      std::max<std::int64_t>(1, (window + slice - Duration{1}) / slice));
}

bool was_answered(const RequestRecord& request) {
  return request.outcome == Outcome::ok || request.outcome == Outcome::http_status ||
         request.outcome == Outcome::content_mismatch || request.failed_after_answer;
}

// These are not inlined, so that a recorder without an observer pays only for the test.
[[gnu::noinline, gnu::cold]] void tell_begun(RequestObserver& observer, Time at) {
  observer.begun(at);
}
[[gnu::noinline, gnu::cold]] void tell_ended(RequestObserver& observer,
                                             const RequestRecord& request) {
  observer.ended(request);
}

template <class Counters>
void add_each(Counters& to, const Counters& from) {
  for (std::size_t i = 0; i < to.size(); ++i) to[i] += from[i];
}

}  // namespace

void add_failures(std::vector<FailureCount>& failures, Outcome outcome,
                  std::optional<std::int64_t> status, std::string_view target,
                  std::uint64_t count) {
  const auto find = [&](std::string_view named) {
    return std::ranges::find_if(failures, [&](const FailureCount& known) {
      return known.outcome == outcome && known.status == status && known.target == named;
    });
  };
  auto found = find(target);
  if (found == failures.end() && failures.size() >= kMostFailures) {
    target = "";
    found = find(target);
  }
  if (found == failures.end()) {
    found = failures.insert(found, FailureCount{outcome, status, std::string(target), 0});
  }
  found->count += count;
}

void add_failures(std::vector<FailureCount>& failures, const FailureCount& more) {
  add_failures(failures, more.outcome, more.status, more.target, more.count);
}

void Tally::merge(const Tally& other) {
  ok += other.ok;
  failed += other.failed;
  latencies.merge(other.latencies);
}

std::size_t coarse_bucket(std::int64_t ns) {
  if (ns < 1) return 0;
  const auto value = static_cast<std::uint64_t>(ns);
  const auto power = static_cast<std::size_t>(std::bit_width(value) - 1);
  // 1 has no second bit: its upper half bucket stays empty.
  const std::size_t half = power == 0 ? 0 : value >> (power - 1) & 1;
  return std::min(2 * power + half, Recording::kCoarseBuckets - 1);
}

std::int64_t coarse_bucket_lowest_ns(std::size_t bucket) {
  const std::int64_t power = std::int64_t{1} << (bucket / 2);
  return bucket % 2 == 0 ? power : power + power / 2;
}

void Recording::merge(const Recording& other) {
  for (std::size_t phase = 0; phase < kPhases; ++phase) {
    add_each(ended[phase], other.ended[phase]);
  }
  add_each(begun, other.begun);
  attempts += other.attempts;
  censored += other.censored;
  not_started += other.not_started;
  in_flight_max += other.in_flight_max;
  body_bytes += other.body_bytes;
  answered += other.answered;
  answered_body_bytes += other.answered_body_bytes;
  time_in_flight_ns += other.time_in_flight_ns;
  time_in_turns_ns += other.time_in_turns_ns;
  without_latency += other.without_latency;

  service_time.merge(other.service_time);
  response_time.merge(other.response_time);
  failed_time.merge(other.failed_time);
  connect_time.merge(other.connect_time);
  time_to_first_byte.merge(other.time_to_first_byte);
  start_lag.merge(other.start_lag);
  censored_service.merge(other.censored_service);
  censored_response.merge(other.censored_response);

  slices.resize(std::max(slices.size(), other.slices.size()));
  for (std::size_t i = 0; i < other.slices.size(); ++i) {
    slices[i].completions += other.slices[i].completions;
    slices[i].service_time_sum_ns += other.slices[i].service_time_sum_ns;
  }
  coarse.resize(std::max(coarse.size(), other.coarse.size()));
  for (std::size_t i = 0; i < other.coarse.size(); ++i) add_each(coarse[i], other.coarse[i]);
  for (const FailureCount& failure : other.failures) add_failures(failures, failure);
  stages.resize(std::max(stages.size(), other.stages.size()));
  for (std::size_t i = 0; i < other.stages.size(); ++i) {
    for (const auto count : {&StageCounts::ok, &StageCounts::failed, &StageCounts::unfinished}) {
      stages[i].*count += other.stages[i].*count;
    }
    stages[i].response_time.merge(other.stages[i].response_time);
  }
  turns.resize(std::max(turns.size(), other.turns.size()));
  for (std::size_t i = 0; i < other.turns.size(); ++i) {
    for (const auto count :
         {&TurnCounts::requests, &TurnCounts::completions, &TurnCounts::latencies,
          &TurnCounts::latency_sum_ns, &TurnCounts::overran}) {
      turns[i].*count += other.turns[i].*count;
    }
  }
}

std::uint64_t Recording::ended_in(Phase phase) const {
  const auto& outcomes = ended[static_cast<std::size_t>(phase)];
  return std::accumulate(outcomes.begin(), outcomes.end(), std::uint64_t{0});
}

std::uint64_t Recording::in_flight_at_start() const {
  return begun[static_cast<std::size_t>(Phase::warm_up)] - ended_in(Phase::warm_up);
}

bool Recording::balances() const {
  return in_flight_at_start() + begun[static_cast<std::size_t>(Phase::window)] ==
         ended_in(Phase::window) + censored;
}

// It begins on a cache line of its own, because lanes write to their recorders at the same time.
struct alignas(64) Recorder::State {
  struct Slice {
    Counter completions;
    Counter service_time_sum_ns;
  };
  struct TurnCounters {
    Counter requests, completions, latencies, latency_sum_ns, overran;
  };

  struct StageCounters {
    Counter ok, failed, unfinished;
    LiveHistogram response_time;
  };

  State(const Window& w, RecorderOptions o)
      : window(w),
        options(std::move(o)),
        slices(options.turns == 0 ? slots(options.window_expected, kSlice) : 0),
        coarse(options.turns == 0 ? slots(options.window_expected, kCoarseSlice) : 0),
        turns(options.turns),
        stages(options.stages.size()) {}

  Phase phase_of(Time at) const {
    if (at < window.start()) return Phase::warm_up;
    return at < window.end() ? Phase::window : Phase::drain;
  }

  void count(Counter& counter, std::uint64_t n = 1) { counter.add(n, options.shared); }
  void count(LiveHistogram& histogram, std::int64_t ns) { histogram.record(ns, options.shared); }

  void in_flight_grows();
  void in_flight_shrinks();
  void ended_in_window(const RequestRecord& request);
  void ended_ok(const RequestRecord& request, std::int64_t service_ns);
  void ended_in_slice(const RequestRecord& request, std::int64_t service_ns);
  void ended_in_turn(const RequestRecord& request);
  bool in_lead_in(const RequestRecord& request) const;
  void outlived_window(const RequestRecord& request);
  StageCounters* stage_of(Time at);
  void unfinished(Time intended);
  void failed(const RequestRecord& request, Phase phase);
  void was_in_flight(const RequestRecord& request, Time until);

  const Window& window;
  const RecorderOptions options;

  std::array<std::array<Counter, kOutcomes>, kPhases> ended;
  std::array<Counter, kPhases> begun;
  std::atomic<Phase> latest_begin{Phase::warm_up};
  std::atomic<std::uint64_t> in_flight{0};
  std::atomic<std::uint64_t> in_flight_max{0};
  Counter attempts, censored, not_started, body_bytes, answered, answered_body_bytes,
      time_in_flight_ns, time_in_turns_ns, without_latency;
  LiveHistogram service_time, failed_time, connect_time, time_to_first_byte, censored_service;
  std::vector<Slice> slices;
  std::vector<std::array<Counter, Recording::kCoarseBuckets>> coarse;
  std::vector<TurnCounters> turns;
  std::vector<StageCounters> stages;

  // Requests that failed, by phase. Failing is slow and rare, or there is nothing to measure.
  mutable std::mutex failures_mutex;
  std::array<std::vector<FailureCount>, kPhases> failures;

  // Only open loop uses it; a closed loop saves the memory.
  struct OpenLoop {
    LiveHistogram response_time, start_lag, censored_response;
  };
  std::unique_ptr<OpenLoop> open_loop = options.open_loop ? std::make_unique<OpenLoop>() : nullptr;
};

void Recorder::State::in_flight_grows() {
  constexpr auto kRelaxed = std::memory_order_relaxed;
  if (!options.shared) {
    const std::uint64_t now_in_flight = in_flight.load(kRelaxed) + 1;
    in_flight.store(now_in_flight, kRelaxed);
    if (now_in_flight > in_flight_max.load(kRelaxed)) in_flight_max.store(now_in_flight, kRelaxed);
    return;
  }
  const std::uint64_t now_in_flight = in_flight.fetch_add(1, kRelaxed) + 1;
  std::uint64_t most = in_flight_max.load(kRelaxed);
  while (now_in_flight > most &&
         !in_flight_max.compare_exchange_weak(most, now_in_flight, kRelaxed)) {
  }
}

void Recorder::State::in_flight_shrinks() {
  constexpr auto kRelaxed = std::memory_order_relaxed;
  if (options.shared) {
    in_flight.fetch_sub(1, kRelaxed);
  } else {
    in_flight.store(in_flight.load(kRelaxed) - 1, kRelaxed);
  }
}

void Recorder::State::ended_in_window(const RequestRecord& request) {
  const std::int64_t service_ns = between_ns(request.begun, request.ended);
  count(attempts, request.attempts);
  was_in_flight(request, request.ended);
  if (request.connected != kNever) {
    count(connect_time, between_ns(request.connect_begun, request.connected));
  }
  if (StageCounters* const stage = stage_of(request.ended)) {
    count(request.outcome == Outcome::ok ? stage->ok : stage->failed);
  }
  if (request.outcome == Outcome::ok) {
    ended_ok(request, service_ns);
  } else {
    count(failed_time, service_ns);
  }
}

// In its turn, where there are turns. One of the warm-up's may outlast it into the window.
void Recorder::State::was_in_flight(const RequestRecord& request, Time until) {
  if (request.turn < turns.size()) {
    until = std::min(until, window.turns.load(std::memory_order_relaxed)->end(request.turn));
  }
  const std::int64_t ns = between_ns(std::max(request.begun, window.start()), until);
  if (ns > 0) count(time_in_flight_ns, static_cast<std::uint64_t>(ns));
}

bool Recorder::State::in_lead_in(const RequestRecord& request) const {
  if (request.turn >= turns.size()) return false;
  const Turns& times = *window.turns.load(std::memory_order_relaxed);
  return request.begun < times.begin(request.turn) + times.lead_in;
}

void Recorder::State::ended_in_turn(const RequestRecord& request) {
  const Turns& times = *window.turns.load(std::memory_order_relaxed);
  const Time settled = times.begin(request.turn) + times.lead_in;
  const Time turn_ends = times.end(request.turn);
  TurnCounters& turn = turns[request.turn];
  count(turn.requests);
  if (request.ended >= turn_ends + times.rest) count(turn.overran);
  if (request.outcome != Outcome::ok) return;
  if (request.ended >= settled && request.ended < turn_ends) count(turn.completions);
  if (request.begun < settled) return;
  const Time from = request.intended == kNever ? request.begun : request.intended;
  count(turn.latencies);
  count(turn.latency_sum_ns, static_cast<std::uint64_t>(between_ns(from, request.ended)));
}

void Recorder::State::ended_ok(const RequestRecord& request, std::int64_t service_ns) {
  count(body_bytes, request.body_bytes);
  if (in_lead_in(request)) {
    count(without_latency);
    return;
  }
  count(service_time, service_ns);
  if (request.first_byte != kNever) {
    count(time_to_first_byte, between_ns(request.begun, request.first_byte));
  }
  if (open_loop && request.intended != kNever) {
    const std::int64_t response_ns = between_ns(request.intended, request.ended);
    count(open_loop->response_time, response_ns);
    if (StageCounters* const stage = stage_of(request.intended)) {
      count(stage->response_time, response_ns);
    }
  }
  if (!slices.empty()) ended_in_slice(request, service_ns);
}

void Recorder::State::ended_in_slice(const RequestRecord& request, std::int64_t service_ns) {
  const auto since_start = static_cast<std::uint64_t>(between_ns(window.start(), request.ended));
  const std::size_t fine = since_start / static_cast<std::uint64_t>(kSlice.count());
  Slice& slice = slices[std::min(fine, slices.size() - 1)];
  count(slice.completions);
  count(slice.service_time_sum_ns, static_cast<std::uint64_t>(service_ns));
  auto& counts = coarse[std::min(fine / (kCoarseSlice / kSlice), coarse.size() - 1)];
  count(counts[coarse_bucket(service_ns)]);
}

void Recorder::State::outlived_window(const RequestRecord& request) {
  count(censored);
  was_in_flight(request, window.end());
  count(censored_service, between_ns(request.begun, window.end()));
  if (open_loop && request.intended != kNever) unfinished(request.intended);
}

// Null before and after the window, and without stages.
Recorder::State::StageCounters* Recorder::State::stage_of(Time at) {
  if (stages.empty() || at < window.start() || at >= window.end()) return nullptr;
  Duration into = at - window.start();
  std::size_t stage = 0;
  while (stage + 1 < stages.size() && into >= options.stages[stage]) {
    into -= options.stages[stage++];
  }
  return &stages[stage];
}

void Recorder::State::unfinished(Time intended) {
  const std::int64_t age_ns = between_ns(intended, window.end());
  count(open_loop->censored_response, age_ns);
  if (StageCounters* const stage = stage_of(intended)) {
    count(stage->unfinished);
    count(stage->response_time, age_ns);
  }
}

void Recorder::State::failed(const RequestRecord& request, Phase phase) {
  const bool was_answered = request.status != 0 && request.outcome == Outcome::http_status;
  const std::lock_guard lock(failures_mutex);
  add_failures(failures[static_cast<std::size_t>(phase)], request.outcome,
               was_answered ? std::optional<std::int64_t>(request.status) : std::nullopt,
               request.target == nullptr ? std::string_view() : *request.target, 1);
}

Recorder::Recorder(const Window& window, RecorderOptions options)
    : state_(std::make_unique<State>(window, std::move(options))) {}

Recorder::~Recorder() = default;

void Recorder::begun(Time at) {
  const Phase phase = state_->phase_of(at);
  state_->count(state_->begun[static_cast<std::size_t>(phase)]);
  state_->latest_begin.store(phase, std::memory_order_relaxed);
  state_->in_flight_grows();
  if (state_->options.observer != nullptr) [[unlikely]]
    tell_begun(*state_->options.observer, at);
}

void Recorder::ended(const RequestRecord& request) {
  State& state = *state_;
  if (state.options.observer != nullptr) [[unlikely]]
    tell_ended(*state.options.observer, request);
  const Phase phase = state.phase_of(request.ended);
  state.count(
      state.ended[static_cast<std::size_t>(phase)][static_cast<std::size_t>(request.outcome)]);
  state.in_flight_shrinks();
  if (request.outcome != Outcome::ok) state.failed(request, phase);
  if (request.turn < state.turns.size()) state.ended_in_turn(request);
  if (was_answered(request)) {
    state.count(state.answered);
    state.count(state.answered_body_bytes, request.body_bytes);
  }
  if (phase == Phase::window) {
    state.ended_in_window(request);
  } else if (phase == Phase::drain && request.begun < state.window.end()) {
    state.outlived_window(request);
  }
}

void Recorder::turn_begun(std::uint32_t turn, Time at) {
  const Turns& times = *state_->window.turns.load(std::memory_order_relaxed);
  if (turn < times.warm_up) return;
  state_->count(state_->time_in_turns_ns,
                static_cast<std::uint64_t>(between_ns(at, times.end(turn))));
}

void Recorder::abandoned(Time intended) {
  const Time end = state_->window.end();
  if (intended >= end) return;
  state_->count(state_->not_started);
  if (state_->open_loop) state_->unfinished(intended);
}

void Recorder::start_lag(Duration lag) {
  if (!state_->open_loop) return;
  if (state_->latest_begin.load(std::memory_order_relaxed) != Phase::window) return;
  state_->count(state_->open_loop->start_lag, lag.count());
}

Tally Recorder::tally() const {
  const State& state = *state_;
  const auto& outcomes = state.ended[static_cast<std::size_t>(Phase::window)];
  Tally tally{.latencies =
                  (state.open_loop ? state.open_loop->response_time : state.service_time).take()};
  for (std::size_t i = 0; i < kOutcomes; ++i) {
    (static_cast<Outcome>(i) == Outcome::ok ? tally.ok : tally.failed) += outcomes[i].value();
  }
  return tally;
}

bool Recorder::has_succeeded() const {
  return std::ranges::any_of(state_->ended, [](const auto& outcomes) {
    return outcomes[static_cast<std::size_t>(Outcome::ok)].value() > 0;
  });
}

std::vector<FailureCount> Recorder::failures() const {
  std::vector<FailureCount> all;
  const std::lock_guard lock(state_->failures_mutex);
  for (const auto& phase : state_->failures) {
    for (const FailureCount& failure : phase) add_failures(all, failure);
  }
  return all;
}

Recording Recorder::take() const {
  const State& state = *state_;
  Recording result;
  for (std::size_t phase = 0; phase < kPhases; ++phase) {
    result.begun[phase] = state.begun[phase].value();
    for (std::size_t outcome = 0; outcome < kOutcomes; ++outcome) {
      result.ended[phase][outcome] = state.ended[phase][outcome].value();
    }
  }
  result.attempts = state.attempts.value();
  result.censored = state.censored.value();
  result.not_started = state.not_started.value();
  result.in_flight_max = state.in_flight_max.load(std::memory_order_relaxed);
  result.body_bytes = state.body_bytes.value();
  result.answered = state.answered.value();
  result.answered_body_bytes = state.answered_body_bytes.value();
  result.time_in_flight_ns = state.time_in_flight_ns.value();
  result.time_in_turns_ns = state.time_in_turns_ns.value();
  result.without_latency = state.without_latency.value();
  result.failures = state.failures[static_cast<std::size_t>(Phase::window)];

  result.service_time = state.service_time.take();
  result.failed_time = state.failed_time.take();
  result.connect_time = state.connect_time.take();
  result.time_to_first_byte = state.time_to_first_byte.take();
  result.censored_service = state.censored_service.take();
  if (state.open_loop) {
    result.response_time = state.open_loop->response_time.take();
    result.start_lag = state.open_loop->start_lag.take();
    result.censored_response = state.open_loop->censored_response.take();
  }

  for (const State::Slice& slice : state.slices) {
    result.slices.push_back({.completions = slice.completions.value(),
                             .service_time_sum_ns = slice.service_time_sum_ns.value()});
  }
  for (const State::TurnCounters& turn : state.turns) {
    result.turns.push_back({.requests = turn.requests.value(),
                            .completions = turn.completions.value(),
                            .latencies = turn.latencies.value(),
                            .latency_sum_ns = turn.latency_sum_ns.value(),
                            .overran = turn.overran.value()});
  }
  for (const State::StageCounters& stage : state.stages) {
    result.stages.push_back({.ok = stage.ok.value(),
                             .failed = stage.failed.value(),
                             .unfinished = stage.unfinished.value(),
                             .response_time = stage.response_time.take()});
  }
  for (const auto& counts : state.coarse) {
    auto& copy = result.coarse.emplace_back();
    for (std::size_t i = 0; i < counts.size(); ++i) {
      copy[i] = static_cast<std::uint32_t>(counts[i].value());
    }
  }
  return result;
}

}  // namespace asyncbench::measure
