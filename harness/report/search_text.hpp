// What a search has found, as a table of its points and a sentence.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "analyze/crossover.hpp"
#include "analyze/figures.hpp"
#include "analyze/rate_search.hpp"
#include "analyze/usl.hpp"

namespace asyncbench::report {

// How a crossover's question was put.
struct CrossoverWords {
  std::string a;  // names of the strategies
  std::string b;
  analyze::FigureName by = analyze::kCpu;
  std::string parameter;  // "connections", "server delay"
  bool counts = true;     // its values are numbers of it: "9 connections", not "server delay 2ms"
  std::function<std::string(double)> value;
};

// "9 connections", "server delay 2ms".
std::string place_text(const std::string& value, const CrossoverWords& words);

// One line: "thread_per_request is cheaper below 9 [6, 14] connections, uring above". It says no
// more, and no less, than the table does of the same points.
std::string crossover_sentence(const analyze::Crossover& found,
                               std::span<const analyze::CrossoverPoint> points,
                               const CrossoverWords& words);

// What is known at one point: "uring is cheaper (clear: 0.88 [0.85, 0.92] times)", or that it is
// open.
std::string point_text(const analyze::CrossoverPoint& point, const CrossoverWords& words);

// One line a point. `costs`: for each point the medians of A and B, in the figure's own unit.
struct PointCosts {
  std::optional<double> a;
  std::optional<double> b;
};
std::string crossover_table(std::span<const analyze::CrossoverPoint> points,
                            std::span<const PointCosts> costs, const CrossoverWords& words);

// One line: "uring sustains 48200 requests/s with p99 < 5ms; 49700 is too many". `reason`: why the
// lowest rate that was not met was not.
std::string rate_sentence(std::string_view strategy, const analyze::RateAnswer& answer,
                          std::string_view objective, std::string_view reason);

// One line: "uring peaks at 96 connections (125k/s) ...", or that there is no peak.
std::string sweep_sentence(std::string_view strategy, const std::optional<analyze::UslFit>& fit,
                           std::string_view parameter);

}  // namespace asyncbench::report
