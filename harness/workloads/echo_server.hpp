// The echo server: sends back what it receives. The subject of `echo`, or its client's peer.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "core/job.hpp"
#include "measure/server_counters.hpp"
#include "workloads/listener.hpp"
#include "workloads/tls/context.hpp"
#include "workloads/workload.hpp"

namespace asyncbench::workloads {

struct EchoServerOptions {
  std::uint64_t message_bytes = 64;  // so many bytes of the stream count as one request or response
  unsigned lanes = 1;                // each with counters of its own
  std::shared_ptr<const tls::ServerContext> tls = {};  // null: plain
};

class EchoServer : public Acceptor {
 public:
  EchoServer(Listener listener, const EchoServerOptions& options);

  int socket(unsigned lane) override { return listener_.socket(lane); }
  std::unique_ptr<Task> accepted(unsigned lane) override;

  const Listener& listener() const { return listener_; }
  // Where clients find it, and whom to trust there.
  Address address() const;
  std::uint64_t open_connections() const { return open_.load(std::memory_order_relaxed); }
  measure::ServerTotals totals() const;
  std::vector<std::uint64_t> responses_by_lane() const;

  // Called from the strategy's threads with the number of open connections, each time that it has
  // grown. Set it before the job runs.
  std::function<void(std::uint64_t)> on_opened;

 private:
  class Connection;

  const EchoServerOptions options_;
  const Listener listener_;
  std::vector<std::unique_ptr<measure::ServerCounters>> counters_;  // one a lane
  std::atomic<std::uint64_t> open_{0};
};

OpSet echo_server_ops();

}  // namespace asyncbench::workloads
