// The figures that strategies and builds are compared by: one value a trial.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "result/result.hpp"

namespace asyncbench::analyze {

enum class Figure : std::uint8_t {
  throughput,
  service_p50,
  service_p99,
  response_p50,
  response_p99,
  cpu,        // of the subject, per request
  total_cpu,  // of both ends, per request
};
inline constexpr std::size_t kFigures = 7;

struct FigureInfo {
  Figure figure;
  std::string_view name;         // in JSON: "service_time_p99_ns"
  std::string_view title;        // for people: "service time p99"
  std::string_view short_title;  // in tables: "p99"
  bool higher_is_better;
  std::optional<result::Estimate> result::Summary::*summary;  // the same across trials
};
const FigureInfo& info_of(Figure figure);

// Per request that ended, whatever its outcome: a failed request costs CPU too. Empty without
// requests or without an amount.
std::optional<double> per_request(const result::Trial& trial, std::optional<std::int64_t> amount);

// Peers whose CPU per request differs by more than this factor do not do the same work: strategies
// have shifted some of theirs onto them, and the total of both ends is what to compare.
inline constexpr double kPeersAlike = 1.1;

// CPU time of the other end; empty when it is not ours.
std::optional<std::int64_t> peer_cpu_ns(const result::Trial& trial);

// By how much the peers' CPU per request differs between two cells: the greater median across their
// valid timed trials over the lesser. Empty where a cell has none.
std::optional<double> peer_cpu_ratio(const result::Cell& a, const result::Cell& b);

// Context switches of the subject, both kinds.
std::optional<std::int64_t> context_switches(const result::Trial& trial);

// All figures of one trial, by Figure; empty where it has none.
using TrialFigures = std::array<std::optional<double>, kFigures>;
TrialFigures figures_of(const result::Trial& trial);

// Of the valid timed trials of a cell, by block. Decodes their histograms: to be kept, not asked
// for again. Throws measure::HdrFormatError when one cannot be read.
using CellFigures = std::map<std::int64_t, TrialFigures>;
CellFigures figures_of(const result::Cell& cell);

// ln(other / reference) of each block that both have, in the worse direction: > 0 where `other` is
// worse. Blocks in which either has no figure, or 0, are left out.
std::vector<double> log_ratios(const CellFigures& reference, const CellFigures& other,
                               Figure figure);

// The median across blocks; empty without values.
std::optional<double> median_of(const CellFigures& figures, Figure figure);

}  // namespace asyncbench::analyze
