// The workloads that are plain HTTP: `fetch`, with the client under test, and `serve`, with the
// server.
#pragma once

#include "workloads/workload.hpp"

namespace asyncbench::workloads {

const Workload& fetch_workload();
const Workload& serve_workload();

}  // namespace asyncbench::workloads
