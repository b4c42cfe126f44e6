#include "run/invariants.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "load/anderson_darling.hpp"

namespace asyncbench::run {
namespace {

using measure::Phase;
using measure::Recording;
using result::Invariant;

std::uint64_t ended(const Recording& recording, Phase phase, Outcome outcome) {
  return recording.ended[static_cast<std::size_t>(phase)][static_cast<std::size_t>(outcome)];
}

// Requests whose response the server may have written without the client counting it as read.
std::uint64_t maybe_answered(const Recording& recording) {
  return ended_whole_trial(recording, Outcome::cancelled) +
         ended_whole_trial(recording, Outcome::timeout_headers) +
         ended_whole_trial(recording, Outcome::timeout_body);
}

std::string resources_missing(const Evidence& evidence) {
  std::string missing;
  for (const report::Record* record : {evidence.client, evidence.server, evidence.upstream}) {
    if (record != nullptr && !record->resources_back) missing += record->resources_missing + " ";
  }
  return missing;
}

// What a reader needs to see why an invariant is broken.
std::string figures(Invariant invariant, const Evidence& evidence) {
  const Recording& r = *evidence.client->recording;
  const std::uint64_t in_window = r.ended_in(Phase::window);
  switch (invariant) {
    using enum Invariant;
    case requests_balance:
      return fmt::format("{} in flight at start, {} begun, {} ended, {} censored, {} not started",
                         r.in_flight_at_start(), r.begun[static_cast<std::size_t>(Phase::window)],
                         in_window, r.censored, r.not_started);
    case both_ends_agree:
      return fmt::format(
          "{} answered, {} cancelled or timed out, {} responses written; {} and {} bytes",
          r.answered, maybe_answered(r), evidence.server->server->responses, r.answered_body_bytes,
          evidence.server->server->response_body_bytes);
    case samples_match_counts:
      return fmt::format("{} ended in the window, {} latencies", in_window,
                         r.service_time.count() + r.without_latency + r.failed_time.count());
    case in_flight_within_limit:
      return fmt::format("{} in flight at once", r.in_flight_max);
    case resources_returned:
      return resources_missing(evidence);
    case littles_law:
      return evidence.turns != nullptr
                 ? fmt::format("{} ns in flight, in turns of {} ns", r.time_in_flight_ns,
                               r.time_in_turns_ns)
                 : fmt::format("{} ns in flight, in a window of {} ns", r.time_in_flight_ns,
                               evidence.client->window_end_ns - evidence.client->window_start_ns);
    default:
      return "";
  }
}

}  // namespace

std::uint64_t ended_whole_trial(const Recording& recording, Outcome outcome) {
  std::uint64_t sum = 0;
  for (const auto& phase : recording.ended) sum += phase[static_cast<std::size_t>(outcome)];
  return sum;
}

std::optional<bool> requests_balance(const report::Record& client, const PlannedCell& cell) {
  const Recording& r = *client.recording;
  if (!r.balances()) return false;
  if (!cell.is_open_loop()) return true;
  // The schedule, walked afresh, knows what should have been: every task's first request is outside
  // of it, all others are arrivals.
  const std::uint64_t due =
      cell.workload->in_flight(cell.work.parameters) + client.arrivals_before + client.arrivals_due;
  return due == r.ended_in(Phase::warm_up) + r.ended_in(Phase::window) + r.censored + r.not_started;
}

std::optional<bool> both_ends_agree(const Evidence& evidence, const PlannedCell& cell) {
  if (evidence.server == nullptr || !evidence.server->server) return std::nullopt;
  const measure::ServerTotals& server = *evidence.server->server;
  if (server.faults > 0) return std::nullopt;
  const Recording& r = *evidence.client->recording;
  const std::uint64_t most = r.answered + maybe_answered(r);
  if (server.responses < r.answered || server.responses > most) return false;
  const auto payload = cell.workload->payload_bytes(cell.work.parameters);
  if (!payload) return true;
  const std::uint64_t most_bytes = r.answered_body_bytes + maybe_answered(r) * *payload;
  return r.answered_body_bytes <= server.response_body_bytes &&
         server.response_body_bytes <= most_bytes;
}

std::optional<bool> samples_match_counts(const report::Record& client, const PlannedCell& cell) {
  const Recording& r = *client.recording;
  const std::uint64_t ok = ended(r, Phase::window, Outcome::ok);
  const std::uint64_t others = r.ended_in(Phase::window) - ok;
  const bool open_loop_agrees = !cell.is_open_loop() || r.response_time.count() <= ok;
  return r.service_time.count() + r.without_latency == ok && r.failed_time.count() == others &&
         r.time_to_first_byte.count() <= ok && open_loop_agrees;
}

std::optional<bool> in_flight_within_limit(const report::Record& client, const PlannedCell& cell) {
  return client.recording->in_flight_max <= cell.workload->in_flight(cell.work.parameters);
}

std::optional<bool> resources_returned(const Evidence& evidence) {
  return resources_missing(evidence).empty();
}

std::optional<bool> littles_law(const report::Record& client, const PlannedCell& cell,
                                const measure::Turns* turns) {
  const workloads::Parameters& parameters = cell.work.parameters;
  const Recording& r = *client.recording;
  const std::uint64_t requests = r.ended_in(Phase::window);
  if (!cell.workload->keeps_in_flight(parameters) || requests == 0) return std::nullopt;
  // A foreign server may end connections that should be kept; closing them lies between requests.
  if (!cell.work.urls.empty() && r.connect_time.count() > 0) return std::nullopt;
  const auto limit = static_cast<double>(cell.workload->in_flight(parameters));
  const std::int64_t stretch_ns =
      turns != nullptr ? turns->length.count() : client.window_end_ns - client.window_start_ns;
  const double expected_ns = turns != nullptr ? static_cast<double>(r.time_in_turns_ns)
                                              : limit * static_cast<double>(stretch_ns);
  const auto in_flight_ns = static_cast<double>(r.time_in_flight_ns);
  const double mean_ns = in_flight_ns / static_cast<double>(requests);
  const double tolerance =
      std::max({0.02, 2 * mean_ns / static_cast<double>(stretch_ns), 2000 / mean_ns});
  return std::abs(in_flight_ns / expected_ns - 1) <= tolerance;
}

void check_invariants(result::Trial& trial, const Evidence& evidence, const PlannedCell& cell) {
  using enum Invariant;
  trial.invariant(requests_balance) = run::requests_balance(*evidence.client, cell);
  trial.invariant(both_ends_agree) = run::both_ends_agree(evidence, cell);
  trial.invariant(samples_match_counts) = run::samples_match_counts(*evidence.client, cell);
  trial.invariant(in_flight_within_limit) = run::in_flight_within_limit(*evidence.client, cell);
  trial.invariant(resources_returned) = run::resources_returned(evidence);
  trial.invariant(littles_law) = run::littles_law(*evidence.client, cell, evidence.turns);
  for (std::size_t i = 0; i < result::kInvariants; ++i) {
    if (trial.invariants[i] != false) continue;
    trial.notes.push_back({.code = fmt::format("invariant_{}", result::kInvariantNames[i]),
                           .detail = figures(static_cast<Invariant>(i), evidence)});
  }
  if (const std::uint64_t bugs =
          ended_whole_trial(*evidence.client->recording, Outcome::internal)) {
    trial.notes.push_back({.code = "internal_outcomes",
                           .detail = fmt::format("{} requests ended as a bug of ours", bugs)});
  }
}

void note_arrivals(result::Trial& trial, const report::Record& client) {
  if (client.arrivals_a2.value_or(0) <= load::kAndersonDarlingOnePercent) return;
  trial.notes.push_back(
      {.code = "arrivals_not_poisson",
       .detail = fmt::format("Anderson-Darling A^2 = {:.2f}, above {}", *client.arrivals_a2,
                             load::kAndersonDarlingOnePercent)});
}

}  // namespace asyncbench::run
