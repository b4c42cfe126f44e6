// The slowest requests of a window, and a random sample of all, for profiled trials.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <random>
#include <vector>

#include "core/batch_sizes.hpp"
#include "measure/recorder.hpp"

namespace asyncbench::measure {

struct LoggedRequest {
  RequestRecord record;
  std::uint32_t task = 0;  // as numbered by the Timeline
  Time sent = kNever;      // when its last Send had ended

  // The latency that percentiles use: from the intended start in open loop, otherwise from the
  // actual start.
  std::int64_t latency_ns() const;
};

// Keeps the `slowest` ok requests that began and ended in the window, and a uniform sample of all
// (reservoir sampling, algorithm R of Vitter 1985). Its memory is bounded. Thread-safe.
class RequestLog final : public RequestObserver {
 public:
  RequestLog(std::size_t slowest, std::size_t sampled, std::uint64_t seed);

  // Set it as the recorders' window is set.
  Window& window() { return window_; }

  void begun(Time at) override;
  void ended(const RequestRecord& request) override;

  // After the job has run.
  std::vector<LoggedRequest> slowest() const;  // the slowest first
  const std::vector<LoggedRequest>& sample() const { return sample_; }
  std::uint64_t seen() const { return seen_; }

  // For each request of the window, how many were in flight when it began, itself included.
  const BatchSizes& in_flight() const { return in_flight_; }

 private:
  bool is_in_window(Time at) const { return at >= window_.start() && at < window_.end(); }

  Window window_;
  const std::size_t slowest_max_;
  const std::size_t sampled_max_;

  mutable std::mutex mutex_;  // guards what follows
  std::minstd_rand random_;
  std::uint64_t seen_ = 0;
  std::uint64_t flying_ = 0;
  BatchSizes in_flight_;
  std::vector<LoggedRequest> slowest_;  // a heap, the fastest on top
  std::vector<LoggedRequest> sample_;
};

}  // namespace asyncbench::measure
