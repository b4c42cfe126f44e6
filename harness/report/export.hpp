// A result in the formats that other tools take in.
//
// What holds for all of them: the result has its summaries; only valid timed trials enter
// (syscalls: valid count trials); a figure that is missing or not finite is left out, never 0;
// names of cells, parameters and figures are escaped as the format demands; the text is
// deterministic.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "result/result.hpp"

namespace asyncbench::report {

struct Exported {
  std::string text;
  // What the format has no place for, and why: one line each, for people.
  std::vector<std::string> left_out;
};

// The JSON of Google Benchmark, as with repetitions: one entry a trial, so that its
// tools/compare.py can do its U test over them, then mean, median, stddev and cv of two or more.
//   real_time  closed loop: wall time per request that ended ok, 1e9 / throughput;
//              open loop, where that is fixed by the schedule: response time p99
//   cpu_time   CPU time of the subject per request
// The rest are counters. A trial without either time is left out, because compare.py reads both of
// every entry; so are cells that failed. Source: google/benchmark, json_reporter.cc and
// tools/gbench/report.py, 1.7.1.
Exported google_benchmark(const result::Result& result);

// The JSON of github-action-benchmark's tools customBiggerIsBetter and customSmallerIsBetter: the
// medians of those figures whose better direction is the one asked for, and known. Source:
// benchmark-action/github-action-benchmark, src/extract.ts.
enum class Direction : std::uint8_t { bigger_is_better, smaller_is_better };
Exported github_action_benchmark(const result::Result& result, Direction direction);

// Bencher Metric Format: benchmark (the cell) -> measure -> median with its interval. Throughput
// goes to Bencher's own measure `throughput`, everything else to one of its name and unit. Source:
// bencher.dev, reference, Bencher Metric Format.
Exported bencher(const result::Result& result);

// Go's benchmark text, one line a trial, with the better direction of each unit, so that benchstat
// does its own statistics. Source: golang.org/design/14313-benchmark-format and golang/perf,
// benchfmt. Bytes that would end a name are written %XX.
Exported benchstat(const result::Result& result);

// OpenMetrics 1.0 text, which Prometheus's text format reads, too: gauges in base units, labelled
// with the cell's parameters and with `estimate`: median, low, high. Source:
// prometheus/OpenMetrics, specification/OpenMetrics.md, 1.0.
Exported openmetrics(const result::Result& result);

// JUnit XML: one test case a cell; without a valid trial it has failed, unsupported is skipped.
Exported junit(const result::Result& result);

// HdrHistogram's percentile distribution, in milliseconds, of the latencies of all valid trials of
// one cell together: response time in open loop, else service time. Requests unfinished at a
// window's end are not in it; a comment says how many. Empty with a reason where there are no
// latencies. Source: HdrHistogram's AbstractHistogram.outputPercentileDistribution.
Exported hgrm(const result::Cell& cell);

// HdrHistogram's log, format 1.3: one interval a trial, tagged with its cell, the same latencies.
// Values outside 1 ns to 60 s count as 0 and 60 s. Source: HdrHistogram's HistogramLogWriter.
Exported hlog(const result::Result& result);

}  // namespace asyncbench::report
