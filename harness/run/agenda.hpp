// What a participant's harness thread does at which time of a trial.
#pragma once

#include <cstdint>
#include <deque>

#include "core/time.hpp"
#include "measure/turns.hpp"

namespace asyncbench::run {

struct Due {
  enum class What : std::uint8_t {
    window_starts,
    turn_starts,      // its usage is read from here ...
    turn_ends,        // ... to here
    program_goes_on,  // one that is stopped between its turns
    program_rests,
    window_ends,
    stop
  };
  Time at;
  What what;
  Time begins = kNever;  // turn_starts: when the first request of the turn may begin
};

// In the order in which it is to be done, whatever is late. Without an end, the window has none
// yet.
std::deque<Due> agenda_of(const measure::WindowSpan& window, bool stopped_between_turns);

}  // namespace asyncbench::run
