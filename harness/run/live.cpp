#include "run/live.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace asyncbench::run {
namespace {

// The values of `all` that are not among its earlier values, `before`.
measure::Histogram difference(const measure::Histogram& all, const measure::Histogram& before) {
  std::vector<std::uint64_t> counts(all.counts().begin(), all.counts().end());
  counts.resize(measure::Histogram::kCounts);
  for (std::size_t i = 0; i < before.counts().size(); ++i) counts[i] -= before.counts()[i];
  return {counts, all.below() - before.below(), all.above() - before.above()};
}

}  // namespace

TellProgress told_together(TellProgress tell, std::size_t clients) {
  if (!tell || clients == 1) return tell;
  return [tell = std::move(tell), clients, heard = std::size_t{0},
          sum = report::Progress{}](const report::Progress& progress) mutable {
    sum.active = std::max(sum.active, progress.active);
    sum.ok += progress.ok;
    sum.failed += progress.failed;
    if (++heard < clients) return;
    tell(sum);
    sum = {};
    heard = 0;
  };
}

report::Progress LiveMeter::take(measure::Tally so_far, Duration active) {
  report::Progress progress{.active = active - std::exchange(active_, active),
                            .ok = so_far.ok - last_.ok,
                            .failed = so_far.failed - last_.failed};
  const measure::Histogram latencies = difference(so_far.latencies, last_.latencies);
  if (!latencies.empty()) {
    progress.p50_ns = latencies.value_at_percentile(50);
    progress.p99_ns = latencies.value_at_percentile(99);
  }
  last_ = std::move(so_far);
  return progress;
}

}  // namespace asyncbench::run
