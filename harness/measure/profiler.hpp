// The instruments of a profiled trial, started and stopped together.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>

#include "core/job.hpp"
#include "measure/call_counter.hpp"
#include "measure/perf_record.hpp"
#include "measure/profile.hpp"
#include "measure/recorder.hpp"
#include "measure/sampler.hpp"
#include "measure/tracer.hpp"

namespace asyncbench::measure {

// Used by the harness thread alone, which makes it before it starts any other: what inherits, does
// so from then on.
class Profiler final : private RequestObserver {
 public:
  // Opens the instruments, all of them off. What this host refuses is said in the profile.
  explicit Profiler(const ProfileOptions& options);

  // For the recorders of the subject's requests; null: nobody looks on.
  RequestObserver* observer() { return calls_ || tracer_ ? this : nullptr; }
  // From the strategy's thread, before it runs the job.
  void look_on(Job& job);
  // Where that of the recorders ends, as soon as it is known.
  void set_window_end(Time end);

  // Readable when drain() is due; -1: never.
  int descriptor() const;
  void drain();

  // The window. Between the two nothing is opened, named or allocated but what drain() keeps.
  void start();
  void stop();

  // After the job's threads have ended, while the process still has the modules that they ran.
  // Some 100 ms, most of them for reading symbols; seconds with perf.
  Profile take(std::span<const LaneReport> lanes);

 private:
  void begun(Time at) override;
  void ended(const RequestRecord& request) override;

  // One of them, by ProfileOptions.
  std::optional<Sampler> sampler_;
  std::optional<PerfProgram> perf_;
  std::optional<CallCounter> calls_;
  std::optional<Tracer> tracer_;
  std::atomic<std::uint64_t> requests_begun_{0};
  std::atomic<std::uint64_t> requests_ended_{0};
  std::uint64_t ended_before_ = 0;
  std::uint64_t ended_after_ = 0;
};

}  // namespace asyncbench::measure
