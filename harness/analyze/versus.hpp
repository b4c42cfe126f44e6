// One strategy against others over a grid of conditions: the question "should I move?".
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "analyze/comparison.hpp"
#include "result/result.hpp"

namespace asyncbench::analyze {

// One point of the grid.
struct Condition {
  std::string name;  // "serve/connections:64/body_bytes:12"
  const result::Cell* reference = nullptr;
  const result::Cell* other = nullptr;
  // CPU per request (of both ends where both are ours), which decides; then p50, p99 and, in closed
  // loop, throughput.
  std::vector<Contrast> contrasts;
  // The reference against its twin, by the deciding figure: what differs there is noise.
  std::optional<Judgement> noise;

  const Judgement& deciding() const { return contrasts.front().judgement; }
  const Judgement* find(FigureName figure) const;  // null when there is none
};

// The conditions in which both were measured, in the order of the result. The result outlives them.
// Throws measure::HdrFormatError when a stored histogram cannot be read.
std::vector<Condition> conditions_of(const result::Result& result, const std::string& reference,
                                     const std::string& other, const DecisionRule& rule);

}  // namespace asyncbench::analyze
