// The workload `echo`: messages over TCP or a Unix socket that come back as they were sent, with
// the server or the client under test.
#pragma once

#include "workloads/workload.hpp"

namespace asyncbench::workloads {

const Workload& echo_workload();

}  // namespace asyncbench::workloads
