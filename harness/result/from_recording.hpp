// From what was recorded to what is stored.
#pragma once

#include "measure/distribution.hpp"
#include "measure/histogram.hpp"
#include "measure/recorder.hpp"
#include "result/result.hpp"

namespace asyncbench::result {

// The figures of a histogram and the histogram itself; empty when nothing was recorded.
std::optional<Latency> latency_of(const measure::Histogram& histogram);

// The histogram of stored latencies. Throws measure::HdrFormatError when it cannot be read, which
// a foreign file can bring about.
measure::Histogram histogram_of(const Latency& latency);

// The same to read ranks from, at a fraction of the time.
measure::Distribution distribution_of(const Latency& latency);

// Fills everything that the generator's recording tells: outcomes, latencies, slices and counts of
// the window. The rates need Trial::window_ns, so set that first.
void put_recording(Trial& trial, const measure::Recording& recording);

// What one of several clients has recorded and used.
PeerProcess client_process(const measure::Recording& recording, const Usage& usage,
                           std::uint64_t connections);

// Fills the trial's turns, without those of the warm-up and without CPU times, and its throughput,
// which is that of the turns after their lead-ins.
void put_turns(Trial& trial, const measure::Recording& recording,
               const measure::WindowSpan& window);

}  // namespace asyncbench::result
