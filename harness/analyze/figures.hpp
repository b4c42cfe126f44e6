// The table of figures: what is known of each, once. Summaries, comparisons, terminal tables,
// pages, files and exports all go by it. To add a figure, add its row in figures.cpp.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analyze/statistics.hpp"
#include "result/result.hpp"

namespace asyncbench::analyze {

// What a figure counts, which decides how it is written.
enum class Unit : std::uint8_t {
  requests_per_s,
  per_s,
  bytes_per_s,
  bytes,
  time,      // in nanoseconds
  cpu_time,  // in nanoseconds; the terminal's tables show it in microseconds
  share,     // 1 is all
  per_request,
  ratio,
};
struct UnitInfo {
  std::string_view name;    // in files: "cpu_time"
  std::string_view suffix;  // what ends the name of a figure of this unit, "_ns", or empty
  std::string_view symbol;  // "bytes/s"
};
const UnitInfo& info_of(Unit unit);

// Which tables of the terminal show a figure. The page shows all that some cell has.
enum class Shown : std::uint8_t {
  always,
  closed_loop,
  open_loop,
  both_ends,  // where both are ours
  where_measured,
  not_in_terminal,
};

// A figure of one trial.
struct Reading {
  double value = 0;
  bool at_least = false;    // the true value is at least this
  bool unresolved = false;  // a percentile of too few requests
  // Where trials take turns, of figures that each turn tells: one value a round, NaN where a turn
  // has none. Cells of one sitting are compared round by round.
  std::vector<double> rounds = {};
};

// A trial whose latencies have been decoded, for the readers of the table.
struct TrialView {
  // Both outlive the view. Throws measure::HdrFormatError when a histogram cannot be read.
  TrialView(const result::Cell& of_cell, const result::Trial& of_trial);

  const result::Cell& cell;
  const result::Trial& trial;
  // Empty where no request ended.
  std::optional<CensoredLatencies> service_time;
  std::optional<CensoredLatencies> response_time;
};

struct Figure {
  std::string_view name;  // in files: "service_time_p99_ns"
  Unit unit = Unit::ratio;
  std::optional<bool> higher_is_better;  // empty: neither is
  // Made from the name where they are empty.
  std::string_view in_text;      // "service time p99"
  std::string_view in_tables;    // "p99"
  std::string_view in_terminal;  // as narrow as it can be, with the unit where values have none
  Shown shown = Shown::where_measured;
  result::TrialKind kind = result::TrialKind::timed;  // which trials it comes from
  // How a trial gives it. Null: the workload measures it, and Trial::figures or Trial::series has
  // it.
  std::optional<Reading> (*read)(const TrialView& view) = nullptr;

  // Some workloads alone measure it.
  bool is_own() const { return shown == Shown::where_measured; }
  std::string title() const;
  std::string short_title() const;
  std::string terminal_title() const;
  // The name without its unit: "service_time_p99".
  std::string_view stem() const;
};

// Names of figures that code asks for. A figure is passed on by its name, as it stands in the
// table.
using FigureName = std::string_view;
inline constexpr FigureName kThroughput = "throughput_per_s";
inline constexpr FigureName kServiceP50 = "service_time_p50_ns";
inline constexpr FigureName kServiceP99 = "service_time_p99_ns";
inline constexpr FigureName kResponseP50 = "response_time_p50_ns";
inline constexpr FigureName kResponseP99 = "response_time_p99_ns";
inline constexpr FigureName kCpu = "cpu_per_request_ns";
inline constexpr FigureName kPeerCpu = "cpu_per_request_peer_ns";
inline constexpr FigureName kTotalCpu = "cpu_per_request_total_ns";  // both ends
inline constexpr FigureName kMemoryPeak = "memory_peak_bytes";
inline constexpr FigureName kHeartbeatLagP99 = "heartbeat_lag_p99_ns";

// What the figures of a stage of an open loop begin with: "stage_1_offered_per_s".
inline constexpr FigureName kStagePrefix = "stage_";

// The whole table, in the order in which people read it.
std::span<const Figure> figures();

// The row of that name. A name that is not in the table, of a plugin or another program, gets a row
// from what its end says about its unit; that row refers to `name`.
Figure info_of(FigureName name);

// The figures that some of the cells has: rows of the table in its order, then others by name. They
// refer to the cells' summaries.
std::vector<Figure> figures_of(std::span<const result::Cell* const> cells);

// All figures of one trial, by name; those of which its kind of trial tells. Throws
// measure::HdrFormatError when a histogram cannot be read.
using TrialFigures = std::map<std::string, Reading, std::less<>>;
TrialFigures figures_of(const result::Cell& cell, const result::Trial& trial);

// The figures of a cell's valid timed trials, or of those of its twin, by block. It decodes their
// histograms, so keep what it returns. Throws measure::HdrFormatError when one cannot be read.
using CellFigures = std::map<std::int64_t, TrialFigures>;
CellFigures figures_of(const result::Cell& cell, result::TrialKind kind = result::TrialKind::timed);

// ln(other / reference) of each block that both have, in the worse direction: > 0 where `other` is
// worse. Where both took turns in the block it is the median over rounds of the ratio within the
// round, in which the machine was the same for both (docs/method.md, "Turns"). Blocks in which
// either has no figure, or 0, are left out.
using BlockRatios = std::map<std::int64_t, double>;
BlockRatios block_ratios(const CellFigures& reference, const CellFigures& other, FigureName figure);

// The same without the blocks' numbers, in their order.
std::vector<double> log_ratios(const CellFigures& reference, const CellFigures& other,
                               FigureName figure);

// The median across blocks; empty without values.
std::optional<double> median_of(const CellFigures& cell, FigureName figure);

// Latencies with those of unfinished requests, decoded; empty where no request ended. Throws
// measure::HdrFormatError when a histogram cannot be read.
std::optional<CensoredLatencies> decoded(const std::optional<result::Latency>& ended,
                                         const std::optional<result::Latency>& unfinished);

// Divided by the requests that ended, whatever their outcome: a failed request costs CPU too. Empty
// without requests or without an amount.
std::optional<double> per_request(const result::Trial& trial, std::optional<std::int64_t> amount);

// Requests that did not end ok, of all that ended; empty when none did.
std::optional<double> error_share(const result::Trial& trial);

// Whether the trial's rate changed by stages.
bool has_stages(const result::Trial& trial);

// Context switches of the subject, both kinds.
std::optional<std::int64_t> context_switches(const result::Trial& trial);

// Peers whose CPU per request differs by more than this factor do not do the same work: strategies
// have shifted some of theirs onto them, and the total of both ends is what to compare.
inline constexpr double kPeersAlike = 1.1;

// By how much the peers' CPU per request differs between two cells: the greater median across their
// valid timed trials over the lesser. Empty where a cell has none.
std::optional<double> peer_cpu_ratio(const result::Cell& a, const result::Cell& b);

}  // namespace asyncbench::analyze
