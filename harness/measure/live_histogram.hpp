// A histogram that threads record into while others run; becomes a Histogram when they are done.
#pragma once

#include <cstdint>
#include <vector>

#include "measure/counter.hpp"
#include "measure/histogram.hpp"

namespace asyncbench::measure {

// All of its memory (216 KiB) is allocated and touched at construction, so that recording neither
// allocates nor faults. Lock-free; safe for several threads where `shared` is true.
class LiveHistogram {
 public:
  LiveHistogram() : counts_(Histogram::kCounts) {}

  void record(std::int64_t ns, bool shared) {
    if (Histogram::in_range(ns)) [[likely]] {
      counts_[Histogram::index_of(ns)].add(1, shared);
    } else {
      (ns < Histogram::kLowestNs ? below_ : above_).add(1, shared);
    }
  }

  // A copy of the counts, whole when nothing records any more.
  Histogram take() const {
    std::vector<std::uint64_t> counts;
    counts.reserve(counts_.size());
    for (const Counter& count : counts_) counts.push_back(count.value());
    return {counts, below_.value(), above_.value()};
  }

 private:
  std::vector<Counter> counts_;
  Counter below_;
  Counter above_;
};

}  // namespace asyncbench::measure
