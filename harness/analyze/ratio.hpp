// A figure of one side as a multiple of the other side's, and the one way to write it. Ratios go in
// the figure's own direction: 0.12 of a throughput is a loss, 0.12 of a latency a gain. A word says
// which.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "analyze/figures.hpp"
#include "analyze/paired.hpp"

namespace asyncbench::analyze {

struct Ratio {
  double estimate = 1;
  // The ends of the interval; empty where there are too few pairs for one.
  std::optional<double> low;
  std::optional<double> high;
  std::size_t pairs = 0;
  std::size_t needed = 0;  // the fewest pairs that give an interval at its level
};

// From a ratio in the worse direction (above 1 is worse). Empty without pairs.
std::optional<Ratio> ratio_of(FigureName figure, const Location& worse, std::size_t pairs);

// "1.31 [1.27, 1.35]"; "1.31 (5 of 6 pairs)" where these are too few for an interval.
std::string text_of(const Ratio& ratio);
// "-" for an empty one.
std::string text_of(const std::optional<Ratio>& ratio);

// "1.31", "26.3", "0.004", "4.5k": a ratio without its interval. `decimals`: behind the point for
// what lies between 0.01 and 1.
std::string ratio_number(double ratio, int decimals = 2);

// "5 of the 6 pairs that it needs"
std::string too_few_text(std::size_t pairs, std::size_t needed);

// "12 %", "0.4 %", ">100 %": a slowdown as a share, such as the smallest that would be found;
// "-" where it is not known (infinite, or 0).
std::string slowdown_text(double share);

// "worse", "better": what the interval says of a ratio in the worse direction; "" where it does not
// leave out 1.
std::string_view worth_of(const Location& worse);

}  // namespace asyncbench::analyze
