#include "report/forest.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <string_view>

namespace asyncbench::report {

using analyze::Location;

Forest::Forest(std::span<const Location> worse, std::size_t width) : width_(width) {
  assert(width >= kLeastWidth);
  const double most = std::log(8);
  const double least = std::log(1.25);
  // The ends of wide intervals may leave the picture: the estimates matter more.
  double low = 0;
  double high = 0;
  for (const Location& ratio : worse) {
    const double estimate = -std::log(ratio.estimate);
    low = std::min({low, estimate, std::max(-std::log(ratio.high), 1.5 * estimate - least)});
    high = std::max({high, estimate, std::min(-std::log(ratio.low), 1.5 * estimate + least)});
  }
  low_ = std::clamp(low, -most, -least / 2);
  high_ = std::clamp(high, least / 2, most);
}

std::size_t Forest::column(double log_better) const {
  const double place = (log_better - low_) / (high_ - low_);
  return static_cast<std::size_t>(
      std::lround(std::clamp(place, 0.0, 1.0) * static_cast<double>(width_ - 1)));
}

std::string Forest::title() const {
  constexpr std::string_view kWorse = "worse";
  constexpr std::string_view kBetter = "better";
  std::string title(width_, ' ');
  title[axis()] = '|';
  if (axis() >= kWorse.size()) title.replace(axis() - kWorse.size(), kWorse.size(), kWorse);
  if (axis() + kBetter.size() < width_) title.replace(axis() + 1, kBetter.size(), kBetter);
  return title;
}

std::string Forest::row(const Location& worse) const {
  std::string row(width_, ' ');
  row[axis()] = '|';
  const double estimate = -std::log(worse.estimate);
  if (worse.low > 0 && std::isfinite(worse.high)) {
    const double low = -std::log(worse.high);
    const double high = -std::log(worse.low);
    for (std::size_t i = column(low); i <= column(high); ++i) row[i] = i == axis() ? '+' : '-';
    if (low < low_) row.front() = '<';
    if (high > high_) row.back() = '>';
  }
  std::size_t at = column(estimate);
  if (row[at] == '<') ++at;
  if (row[at] == '>') --at;
  row[at] = 'o';
  return row;
}

}  // namespace asyncbench::report
