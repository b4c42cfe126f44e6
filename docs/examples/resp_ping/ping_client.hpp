// The client: one task for each connection, which sends a ping and waits for its reply, again and
// again.
#pragma once

#include <memory>
#include <vector>

#include "core/endpoint.hpp"
#include "core/op.hpp"
#include "core/task.hpp"
#include "workloads/load_run.hpp"

namespace asyncbench::workloads::resp_ping {

// What all client tasks of a trial share. Outlives them.
struct PingRun {
  std::vector<Endpoint> servers;  // one server's addresses; connection i goes to i % size
  Duration deadline;              // of one ping, from its start
  LoadRun load;                   // when pings begin, and where they are recorded
};

std::unique_ptr<Task> make_ping_client(PingRun& run, unsigned index);

// What a strategy must offer to run it.
OpSet ping_client_ops();

}  // namespace asyncbench::workloads::resp_ping
