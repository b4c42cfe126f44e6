// A forest plot in characters: ratios and their intervals on one logarithmic axis.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "analyze/paired.hpp"

namespace asyncbench::report {

// "  -+o-  ": better is right of the axis ("|", where both are equal), worse left of it. An
// interval is a row of "-" ("+" over the axis), its estimate "o"; "<" and ">" go on beyond the
// edge.
class Forest {
 public:
  // `worse`: all that will be drawn, as ratios in the worse direction. The axis spans them, as far
  // as a factor of 8 to either side. At least kLeastWidth columns.
  static constexpr std::size_t kLeastWidth = 5;
  Forest(std::span<const analyze::Location> worse, std::size_t width);

  std::string row(const analyze::Location& worse) const;  // as many columns as `width`
  std::string title() const;  // "worse|better", as far as there is room on either side of the axis

 private:
  std::size_t axis() const { return column(0); }
  std::size_t column(double log_better) const;

  std::size_t width_;
  double low_;  // logarithms of how much better, at the edges
  double high_;
};

}  // namespace asyncbench::report
