// The times in which one cell of a sitting works while all the others rest. All its participants
// know them beforehand, so that no message is exchanged while they run. docs/method.md, "Turns".
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/time.hpp"

namespace asyncbench::measure {

// The turns of one cell, all of the same length. Times are absolute, of CLOCK_MONOTONIC.
struct Turns {
  std::vector<std::int64_t> begins_ns;  // ascending, not empty; one a round
  Duration length{0};                   // requests begin within [begin, begin + length)
  Duration rest{0};                     // after it: what is in flight ends
  Duration lead_in{0};                  // from the begin: all tasks start at once, so latencies of
                                        // requests that begin in it do not count
  std::uint32_t warm_up = 0;            // so many turns are before the window

  std::size_t size() const { return begins_ns.size(); }
  Time begin(std::size_t turn) const { return from_ns(begins_ns[turn]); }
  Time end(std::size_t turn) const { return begin(turn) + length; }

  // The first turn that has not ended at `at`; size() when all have.
  std::size_t at_or_after(Time at) const;

  // Active time runs in turns alone: an open loop's schedule goes by it. How much of it has passed
  // at `at` since the first turn began, and when so much has: a time of the turn that begins where
  // another ends. Past the last turn the latter is kNever.
  Duration active_until(Time at) const;
  Time when_active(Duration active) const;
};

// The measured part of a trial, as its participants are told.
struct WindowSpan {
  std::int64_t start_ns = 0;
  std::optional<std::int64_t> end_ns;  // empty: the client finds it (a budget of requests)
  std::optional<Turns> turns;          // empty: the whole window is one cell's
};

}  // namespace asyncbench::measure
