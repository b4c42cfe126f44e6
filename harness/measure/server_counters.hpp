// What a server's tasks count: one object for each lane, of relaxed atomics, read at the end.
#pragma once

#include <atomic>
#include <cstdint>

namespace asyncbench::measure {

// The totals of a whole trial. A plain value, which the participant sends to the runner.
struct ServerTotals {
  std::uint64_t connections = 0;  // accepted
  std::uint64_t refused = 0;      // above the connection limit, answered 503
  std::uint64_t requests = 0;     // read whole
  std::uint64_t responses = 0;    // written whole: the kernel took the last byte
  std::uint64_t response_body_bytes = 0;
  std::uint64_t faults = 0;        // fault scripts run
  std::uint64_t bad_requests = 0;  // wrong in form or size, so refused: not timed out
  std::uint64_t timeouts = 0;      // connections ended by a header, body, write or idle deadline
  std::uint64_t resets = 0;        // connections ended by an error of the stream
  void merge(const ServerTotals& other);
};

// Use add() to count: several threads may write to one lane.
struct ServerCounters {
  std::atomic<std::uint64_t> connections{0}, refused{0}, requests{0}, responses{0},
      response_body_bytes{0}, faults{0}, bad_requests{0}, timeouts{0}, resets{0};
  ServerTotals totals() const;
};

inline void add(std::atomic<std::uint64_t>& counter, std::uint64_t n = 1) {
  counter.fetch_add(n, std::memory_order_relaxed);
}

}  // namespace asyncbench::measure
