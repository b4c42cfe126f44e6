#include "measure/server_counters.hpp"

namespace asyncbench::measure {

void ServerTotals::merge(const ServerTotals& other) {
  connections += other.connections;
  refused += other.refused;
  requests += other.requests;
  responses += other.responses;
  response_body_bytes += other.response_body_bytes;
  faults += other.faults;
  bad_requests += other.bad_requests;
  timeouts += other.timeouts;
  resets += other.resets;
}

ServerTotals ServerCounters::totals() const {
  const auto value = [](const std::atomic<std::uint64_t>& counter) {
    return counter.load(std::memory_order_relaxed);
  };
  return {.connections = value(connections),
          .refused = value(refused),
          .requests = value(requests),
          .responses = value(responses),
          .response_body_bytes = value(response_body_bytes),
          .faults = value(faults),
          .bad_requests = value(bad_requests),
          .timeouts = value(timeouts),
          .resets = value(resets)};
}

}  // namespace asyncbench::measure
