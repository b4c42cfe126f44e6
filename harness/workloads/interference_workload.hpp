// The workload `interference`: a server whose handlers compute, and what waits behind them.
#pragma once

#include "workloads/workload.hpp"

namespace asyncbench::workloads {

// HTTP requests of which a share burn CPU in the handler, beside heartbeat tasks (one a lane) that
// the same strategy runs: how late these beat is the lag of its loop, the responsiveness that
// asynchronous programs promise. Series "heartbeat_lag".
const Workload& interference_workload();

}  // namespace asyncbench::workloads
