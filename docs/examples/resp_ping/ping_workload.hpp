#pragma once

#include <memory>

#include "workloads/workload.hpp"

namespace asyncbench::workloads::resp_ping {

// `resp-ping`: a client sends PING over kept connections, and a server answers PONG. The client or
// the server is under test.
std::unique_ptr<Workload> make_ping_workload();

}  // namespace asyncbench::workloads::resp_ping
