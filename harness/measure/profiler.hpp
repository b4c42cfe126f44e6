// The instruments of a profiled trial, started and stopped together.
#pragma once

#include <optional>

#include "measure/perf_record.hpp"
#include "measure/profile.hpp"
#include "measure/sampler.hpp"

namespace asyncbench::measure {

// Used by the harness thread alone, which makes it before it starts any other: what inherits, does
// so from then on.
class Profiler {
 public:
  // Opens the instruments, all of them off. What this host refuses is said in the profile.
  explicit Profiler(const ProfileOptions& options);

  // Readable when drain() is due; -1: never.
  int descriptor() const { return sampler_ ? sampler_->descriptor() : -1; }
  void drain() {
    if (sampler_) sampler_->drain();
  }

  // The window. Between the two nothing is opened, named or allocated but what drain() keeps.
  void start();
  void stop();

  // After stop(), while the process still has the modules that its threads ran. Some 100 ms, most
  // of them for reading symbols; seconds with perf.
  Profile take();

 private:
  // One of the two.
  std::optional<Sampler> sampler_;
  std::optional<PerfProgram> perf_;
};

}  // namespace asyncbench::measure
