// The workload `gather`: a gateway that asks many upstreams at once.
#pragma once

#include "workloads/workload.hpp"

namespace asyncbench::workloads {

// For each request the gateway (the subject) asks `fan_out` upstreams at once through op::Gather,
// joins, and answers; with 502 when one of them failed. A request is as slow as the slowest of
// those it waits for, which the tail amplification shows: the gathers' p99 over that of what they
// gathered (J. Dean, L. Barroso, The Tail at Scale, CACM 56 (2013)). Series "gather_time" and
// "upstream_time", both as the gateway sees them.
const Workload& gather_workload();

}  // namespace asyncbench::workloads
