// The server: it answers pings, and misbehaves on request.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/job.hpp"
#include "measure/server_counters.hpp"
#include "workloads/listener.hpp"

namespace asyncbench::workloads::resp_ping {

// What the server does instead of answering.
enum class Fault : std::uint8_t { none, wrong_reply, close, silence };

struct PingServerOptions {
  Fault fault = Fault::none;
  std::uint64_t fault_every = 10;  // to which pings of a connection: each 10th
  unsigned lanes = 1;              // each with counters of its own
};

class PingServer : public Acceptor {
 public:
  PingServer(Listener listener, const PingServerOptions& options);

  int socket(unsigned lane) override { return listener_.socket(lane); }
  std::unique_ptr<Task> accepted(unsigned lane) override;

  std::uint16_t port() const { return listener_.port(); }
  measure::ServerTotals totals() const;
  std::vector<std::uint64_t> responses_by_lane() const;

 private:
  class Connection;

  const PingServerOptions options_;
  const Listener listener_;
  std::vector<std::unique_ptr<measure::ServerCounters>> counters_;  // one a lane
};

// What a strategy must offer to run it.
OpSet ping_server_ops();

}  // namespace asyncbench::workloads::resp_ping
