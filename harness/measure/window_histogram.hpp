// The durations of what began and ended in a trial's window, of whatever kind.
#pragma once

#include "core/time.hpp"
#include "measure/live_histogram.hpp"
#include "measure/recorder.hpp"

namespace asyncbench::measure {

// Threads may record at once. `window` outlives it.
class WindowHistogram {
 public:
  explicit WindowHistogram(const Window& window) : window_(window) {}

  void record(Time begun, Time ended) {
    if (begun >= window_.start() && ended < window_.end()) {
      durations_.record((ended - begun).count(), true);
    }
  }

  Histogram take() const { return durations_.take(); }

 private:
  const Window& window_;
  LiveHistogram durations_;
};

}  // namespace asyncbench::measure
