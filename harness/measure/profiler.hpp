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

// Only the harness thread uses it. It makes the profiler before it starts any other thread, so that
// all later threads inherit the events.
class Profiler final : private RequestObserver {
 public:
  // Opens the instruments, all of them off. The profile says what this host refuses.
  // `processes`: who the subject's are, if they are not this one; they can be sampled alone.
  explicit Profiler(const ProfileOptions& options, Processes processes = nullptr);

  // For the recorders of the subject's requests; null when no instrument needs it.
  RequestObserver* observer() { return calls_ || tracer_ ? this : nullptr; }
  // From the strategy's thread, before it runs the job.
  void look_on(Job& job);
  // Sets the end of the window, which is the recorders', as soon as it is known.
  void set_window_end(Time end);

  // Readable when drain() is due; -1: never.
  int descriptor() const;
  void drain();

  // At the start and the end of the window. Between the two, nothing is opened or named, and only
  // drain() allocates.
  void start();
  void stop();

  // Call it after the job's threads have ended, while the process still has the modules that they
  // ran. It takes about 100 ms, mostly to read symbols; with perf, seconds.
  Profile take(std::span<const LaneReport> lanes);

 private:
  void begun(Time at) override;
  void ended(const RequestRecord& request) override;

  const Processes processes_;
  // ProfileOptions decide which one there is.
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
