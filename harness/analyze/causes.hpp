// What explains a strategy's figures beside its CPU time: calls, waits, batches, and its tail. All
// of it per request, from trials that were made for it.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "measure/wait_reasons.hpp"
#include "result/result.hpp"

namespace asyncbench::analyze {

// One figure per request, by name.
using PerRequest = std::map<std::string, double>;

// A distribution of counts: how many operations a return from the kernel brings.
struct Batches {
  std::uint64_t median = 0;
  std::uint64_t p99 = 0;
  double mean = 0;
};

// Threads asleep, summed over all of them.
struct Waits {
  struct Wait {
    std::string reason;
    double times = 0;  // per request
    double ns = 0;     // per request
  };
  std::vector<Wait> reasons;  // the longest first
  double preemptions = 0;     // per request
  double run_queue_ns = 0;    // per request: could have run, but another had the CPU
  std::uint64_t lost = 0;     // records
};

// A mean request of a group, by activity.
using MeanTimes = std::array<double, measure::kActivities>;  // ns
MeanTimes mean_times(const measure::RequestGroup& group);

// The slowest 0.1 % of the requests against typical ones.
struct TailCauses {
  std::uint64_t requests = 0;  // of the window
  std::uint64_t slow = 0;      // that the means rest on
  std::uint64_t without = 0;   // slow ones of which not enough was recorded
  std::int64_t p99_9_ns = 0;
  double slow_latency_ns = 0;  // means
  double typical_latency_ns = 0;
  MeanTimes slow_times{};
  MeanTimes typical_times{};

  // What an activity contributes to what slow requests take beyond typical ones; 0 where it takes
  // no longer. The shares of all activities add up to 1, or there is nothing to explain.
  double share_of_excess(measure::Activity activity) const;
};

// The causes of one cell. What was not measured is empty, and `missing` says why.
struct Causes {
  std::string strategy;
  std::optional<PerRequest> calls;  // system calls of the strategy's threads by name
  PerRequest events;                // context switches, migrations, page faults
  std::optional<Batches> batches;
  std::optional<Batches> in_flight;  // requests, as each begins
  std::optional<Waits> waits;
  std::optional<TailCauses> tail;
  std::vector<std::string> missing;
};

// From the latest valid trials of the cell that were made for this.
Causes causes_of(const result::Cell& cell);

}  // namespace asyncbench::analyze
