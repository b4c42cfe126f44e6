// Limits on the figures of a cell that a guard does not let be crossed: "p99 > 5 ms".
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "analyze/figures.hpp"
#include "result/result.hpp"

namespace asyncbench::analyze {

struct Threshold {
  std::string text;        // as the user wrote it
  std::string title;       // of the figure, as users name it: "p99"
  Unit unit = Unit::time;  // of figure and limit
  FigureName figure;       // a row of the table; empty: of latencies, at `percent`
  double percent = 99;     // response times, in closed loop service times; 100: the longest seen
  bool above = true;       // holds above the limit, otherwise below it
  bool or_equal = false;   // the limit itself is enough
  double limit = 0;

  bool holds(double value) const;  // the value lies beyond the limit
};

enum class Holding : std::uint8_t { no, yes, unknown };

// What a threshold comes to in one cell. It is judged by the median of the figure over the valid
// timed trials that have it, one value a trial; where doubt remains, it is not known.
struct Judged {
  Holding holds = Holding::unknown;
  std::string why;  // unknown: what is missing, in one line
  // Of the trials that have the figure; none of this without one.
  std::size_t trials = 0;
  std::size_t holding = 0;  // in so many of them it holds by itself
  double median = 0;
  double least = 0;
  double greatest = 0;
  bool at_least = false;  // unfinished requests or a limited generator hide what is above it
};

// One for each threshold. Throws measure::HdrFormatError when a histogram cannot be read.
std::vector<Judged> judge(std::span<const Threshold> thresholds, const result::Cell& cell);

}  // namespace asyncbench::analyze
