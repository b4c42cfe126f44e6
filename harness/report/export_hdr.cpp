#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>

#include "measure/hdr_format.hpp"
#include "measure/histogram.hpp"
#include "report/escape.hpp"
#include "report/export_parts.hpp"
#include "report/format.hpp"
#include "result/from_recording.hpp"

namespace asyncbench::report {
namespace {

using measure::Histogram;
using result::Cell;
using result::Latency;
using result::Trial;

constexpr double kNsPerMs = 1e6;

// Java rounds the decimal digits of a number, half up; C the binary number, half to even. Whoever
// compares our text with HdrHistogram's should find no difference, so these two round as Java does.

// "12.173", from whole nanoseconds.
std::string ms_text(std::int64_t ns) {
  const std::int64_t us = (ns + 500) / 1000;
  return fmt::format("{}.{:03}", us / 1000, us % 1000);
}

// Percentiles end in a binary fraction, which is where halves come from.
std::string share_text(double share) { return fmt::format("{:.12f}", share + 1e-15); }

// The counts as HdrHistogram has them: values below the range at index 0, which is value 0; those
// above it at 60 s.
std::vector<std::uint64_t> counts_of(const Histogram& histogram) {
  std::vector<std::uint64_t> counts(histogram.counts().begin(), histogram.counts().end());
  counts.resize(Histogram::kCounts);
  counts[0] += histogram.below();
  counts[Histogram::index_of(Histogram::kHighestNs)] += histogram.above();
  return counts;
}

// The highest value of the last count in use.
std::int64_t max_ns(std::span<const std::uint64_t> counts) {
  const auto last = std::find_if(counts.rbegin(), counts.rend(), [](auto n) { return n > 0; });
  if (last == counts.rend()) return 0;
  return Histogram::highest_at(static_cast<std::size_t>(counts.rend() - last) - 1);
}

// The level after `percent`: each half of the distance that is left to 100 has five steps.
double next_level(double percent) {
  const double halvings = std::floor(std::log(100.0 / (100.0 - percent)) / std::log(2.0)) + 1;
  const double next = percent + 100.0 / (5 * std::pow(2.0, halvings));
  // So near to 100 that the step is lost in rounding: the levels must come to an end.
  return std::max(next, std::nextafter(percent, 100.0));
}

std::string distribution(std::span<const std::uint64_t> counts) {
  std::string text = fmt::format("{:>12} {:>14} {:>10} {:>14}\n\n", "Value", "Percentile",
                                 "TotalCount", "1/(1-Percentile)");
  std::uint64_t total = 0;
  double sum = 0;
  const auto middle = [](std::size_t i) {
    const std::int64_t lowest = Histogram::lowest_at(i);
    return static_cast<double>(lowest + (Histogram::highest_at(i) - lowest + 1) / 2);
  };
  for (std::size_t i = 0; i < counts.size(); ++i) {
    total += counts[i];
    sum += static_cast<double>(counts[i]) * middle(i);
  }
  const auto samples = static_cast<double>(total);
  const double mean = sum / samples;
  double squares = 0;
  std::uint64_t seen = 0;
  double level = 0;
  for (std::size_t i = 0; i < counts.size() && seen < total; ++i) {
    if (counts[i] == 0) continue;
    seen += counts[i];
    squares += static_cast<double>(counts[i]) * (middle(i) - mean) * (middle(i) - mean);
    while (100.0 * static_cast<double>(seen) / samples >= level && level < 100) {
      text += fmt::format("{:>12} {} {:10d} {:14.2f}\n", ms_text(Histogram::highest_at(i)),
                          share_text(level / 100), seen, 1 / (1 - level / 100));
      level = next_level(level);
      // The last value's levels go on until 100 itself, which has a line of its own.
      if (seen == total) break;
    }
  }
  text += fmt::format("{:>12} {} {:10d}\n", ms_text(max_ns(counts)), share_text(1), total);
  text += fmt::format("#[Mean    = {:12.3f}, StdDeviation   = {:12.3f}]\n", mean / kNsPerMs,
                      std::sqrt(squares / samples) / kNsPerMs);
  text +=
      fmt::format("#[Max     = {:>12}, Total count    = {:12d}]\n", ms_text(max_ns(counts)), total);
  return text + fmt::format("#[Buckets = {:12d}, SubBuckets     = {:12d}]\n", Histogram::kBuckets,
                            Histogram::kSubBuckets);
}

// What the histograms of a cell's trials do not show, as comment lines; `of` says whose they are.
std::string remarks(const Cell& cell, const std::string& of) {
  std::uint64_t unfinished = 0;
  std::uint64_t above = 0;
  for (const Trial* trial : cell.valid_trials()) {
    unfinished += trial->censored;
    if (const auto& latency = latency_of_interest(cell, *trial)) above += latency->above_range;
  }
  std::string text;
  if (unfinished > 0) {
    text += fmt::format("#[{}{} requests were unfinished at a window's end: not counted]\n", of,
                        unfinished);
  }
  if (above > 0) text += fmt::format("#[{}{} values above 60 s: counted as 60 s]\n", of, above);
  return text;
}

const char* latency_name(const Cell& cell) {
  const bool is_open_loop = std::ranges::any_of(
      cell.trials, [](const Trial& trial) { return trial.response_time.has_value(); });
  return is_open_loop ? "response time" : "service time";
}

// Seconds since the epoch of "2026-11-20T22:05:00Z"; empty for anything else.
std::optional<double> seconds_of(const std::string& utc) {
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  int hour = 0;
  int minute = 0;
  double second = 0;
  if (std::sscanf(utc.c_str(), "%d-%u-%uT%d:%d:%lfZ", &year, &month, &day, &hour, &minute,
                  &second) != 6) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                         std::chrono::day(day)};
  if (!date.ok()) return std::nullopt;
  const auto days = std::chrono::sys_days(date).time_since_epoch();
  return static_cast<double>(days.count()) * 86'400 + hour * 3'600 + minute * 60 + second;
}

struct Interval {
  const Cell* cell;
  const Trial* trial;
  const Latency* latency;
  double start_s;  // of the window, since the epoch
};

}  // namespace

Exported hgrm(const Cell& cell) {
  Exported exported;
  Histogram all;
  const std::vector<const Trial*> trials = cell.valid_trials();
  std::size_t with = 0;
  for (const Trial* trial : trials) {
    const auto& latency = latency_of_interest(cell, *trial);
    if (!latency) continue;
    all.merge(result::histogram_of(*latency));
    ++with;
  }
  if (all.empty()) {
    exported.left_out.push_back(
        fmt::format("{}: {}", cell.id, trials.empty() ? why_not_measured(cell) : "no latencies"));
    return exported;
  }
  exported.text = fmt::format("#[asyncbench: {} of {} in milliseconds, {} trial{} together]\n",
                              latency_name(cell), printable(cell.id), with, with == 1 ? "" : "s");
  exported.text += remarks(cell, "") + distribution(counts_of(all));
  return exported;
}

Exported hlog(const result::Result& result) {
  Exported exported;
  std::vector<Interval> intervals;
  std::string remarked;
  for (const Cell* cell : measured_cells(result, exported)) {
    std::size_t without = 0;
    for (const Trial* trial : cell->valid_trials()) {
      const auto& latency = latency_of_interest(*cell, *trial);
      if (!latency) {
        ++without;
        continue;
      }
      const double started =
          seconds_of(trial->started).value_or(seconds_of(result.run.started).value_or(0));
      intervals.push_back(
          {cell, trial, &*latency, started + static_cast<double>(trial->warm_up_ns) / 1e9});
    }
    if (without > 0) {
      exported.left_out.push_back(fmt::format("{}: {} trial{} without latencies", cell->id, without,
                                              without == 1 ? "" : "s"));
    }
    remarked += remarks(*cell, printable(cell->id) + ": ");
  }
  // Readers stop at a time that lies before the one they look for.
  std::ranges::stable_sort(intervals, {}, &Interval::start_s);
  const double base =
      intervals.empty() ? seconds_of(result.run.started).value_or(0) : intervals.front().start_s;
  const std::tm base_time = fmt::gmtime(static_cast<std::time_t>(base));
  std::string& text = exported.text;
  text = fmt::format(
      "#[Logged with asyncbench {}]\n{}#[Histogram log format version 1.3]\n"
      "#[BaseTime: {:.3f} (seconds since epoch)]\n"
      "#[StartTime: {:.3f} (seconds since epoch), {:%a %b %d %H:%M:%S} UTC {:%Y}]\n"
      "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n",
      printable(result.run.version), remarked, base, base, base_time, base_time);
  for (const Interval& interval : intervals) {
    const std::vector<std::uint64_t> counts = counts_of(result::histogram_of(*interval.latency));
    text +=
        fmt::format("Tag={},{:.3f},{:.3f},{},{}\n", percent_encoded(interval.cell->id, ","),
                    interval.start_s - base, static_cast<double>(interval.trial->window_ns) / 1e9,
                    ms_text(max_ns(counts)),
                    measure::encode_hdr({.lowest = Histogram::kLowestNs,
                                         .highest = Histogram::kHighestNs,
                                         .significant_digits = Histogram::kSignificantDigits},
                                        counts));
  }
  return exported;
}

}  // namespace asyncbench::report
