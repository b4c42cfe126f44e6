#include "measure/turns.hpp"

#include <algorithm>

namespace asyncbench::measure {

std::size_t Turns::at_or_after(Time at) const {
  const auto found = std::ranges::upper_bound(begins_ns, to_ns(at - length));
  return static_cast<std::size_t>(found - begins_ns.begin());
}

Duration Turns::active_until(Time at) const {
  const std::size_t turn = at_or_after(at);
  const Duration before = length * static_cast<std::int64_t>(turn);
  if (turn == size() || at < begin(turn)) return before;
  return before + (at - begin(turn));
}

Time Turns::when_active(Duration active) const {
  const auto turn = static_cast<std::size_t>(active / length);
  return turn < size() ? begin(turn) + active % length : kNever;
}

}  // namespace asyncbench::measure
