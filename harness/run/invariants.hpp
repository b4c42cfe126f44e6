// What must hold of every trial: a figure that breaks an invariant is a bug, not a result.
#pragma once

#include <optional>

#include "result/result.hpp"
#include "run/messages.hpp"
#include "run/plan.hpp"

namespace asyncbench::run {

// What the participants of a trial recorded. The server of a client is ours, or a foreign one or
// none at all, then null.
struct Evidence {
  const report::Record* client = nullptr;
  const report::Record* server = nullptr;
  const report::Record* upstream = nullptr;
  const measure::Turns* turns = nullptr;  // null: the trial had its whole window
};

// Each answers whether it holds; nullopt: it could not be checked. docs/method.md lists them.

// Every request that was in flight or issued in the window ended in it, was censored, or was never
// started.
std::optional<bool> requests_balance(const report::Record& client, const PlannedCell& cell);

// The peer wrote as many responses, and bytes, as the client read. Null for a foreign server, or
// one that was told to misbehave.
std::optional<bool> both_ends_agree(const Evidence& evidence, const PlannedCell& cell);

// The client recorded as many latencies as requests.
std::optional<bool> samples_match_counts(const report::Record& client, const PlannedCell& cell);

// There were never more requests in flight than the workload's limit.
std::optional<bool> in_flight_within_limit(const report::Record& client, const PlannedCell& cell);

// Every participant gave descriptors, threads and rings back.
std::optional<bool> resources_returned(const Evidence& evidence);

// Little's law where N tasks keep N requests in flight (Workload::keeps_in_flight), in the form
// that is exact over a finite window: the times that requests spent in flight inside of it, clipped
// at both of its edges, add up to N T. The usual form, N = X R, errs at the edges, most where a
// stall meets one. The tolerance max(2 %, 2R/T, 2 us/R) is for the time between two requests of a
// task: 2 us, or one preemption in a window of few requests. J. Little, Operations Research 59
// (2011).
//
// With turns N T is the sum over tasks and turns of the time from a task's first request to the
// turn's end, since timers wake tasks late, and the tolerance sets R against the length of a turn.
std::optional<bool> littles_law(const report::Record& client, const PlannedCell& cell,
                                const measure::Turns* turns = nullptr);

// Requests of the whole trial that ended so.
std::uint64_t ended_whole_trial(const measure::Recording& recording, Outcome outcome);

// Sets the invariants of the trial and, for each broken one, a note that says what was seen.
// Two are about many trials: recorded_once is set by the runner, same_outcomes stays null. What
// weakens a trial without
// breaking it (the generator at its limit, overload) is analyze's to note.
void check_invariants(result::Trial& trial, const Evidence& evidence, const PlannedCell& cell);

// Notes arrivals_not_poisson where the client's schedule was improbable (1 %) for the process that
// it was to be.
void note_arrivals(result::Trial& trial, const report::Record& client);

}  // namespace asyncbench::run
