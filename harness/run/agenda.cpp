#include "run/agenda.hpp"

#include <cstddef>

namespace asyncbench::run {
namespace {

using What = Due::What;

// Usage is read while nobody works: at the end of the rest before a turn, and of the turn's own.
// Where two turns follow one another, the reading of the one that has ended comes first, although
// it is due later.
void add_turn(std::deque<Due>& agenda, const measure::Turns& turns, std::size_t turn,
              bool stopped_between_turns) {
  const bool is_measured = turn >= turns.warm_up;
  if (is_measured) {
    agenda.push_back({.at = turns.begin(turn) - turns.rest / 2,
                      .what = What::turn_starts,
                      .begins = turns.begin(turn)});
  }
  if (stopped_between_turns) {
    agenda.push_back({.at = turns.begin(turn), .what = What::program_goes_on});
    agenda.push_back({.at = turns.end(turn), .what = What::program_rests});
  }
  if (is_measured) {
    agenda.push_back({.at = turns.end(turn) + turns.rest / 4 * 3, .what = What::turn_ends});
  }
}

}  // namespace

std::deque<Due> agenda_of(const measure::WindowSpan& window, bool stopped_between_turns) {
  std::deque<Due> agenda;
  const auto add_turns = [&](std::size_t from, std::size_t to) {
    for (std::size_t turn = from; turn < to; ++turn) {
      add_turn(agenda, *window.turns, turn, stopped_between_turns);
    }
  };
  if (window.turns) add_turns(0, window.turns->warm_up);
  agenda.push_back({.at = from_ns(window.start_ns), .what = What::window_starts});
  if (window.turns) add_turns(window.turns->warm_up, window.turns->size());
  if (window.end_ns) agenda.push_back({.at = from_ns(*window.end_ns), .what = What::window_ends});
  return agenda;
}

}  // namespace asyncbench::run
