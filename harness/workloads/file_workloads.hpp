// The workloads over files: `file-read` and `file-write`.
#pragma once

#include "workloads/workload.hpp"

namespace asyncbench::workloads {

const Workload& file_read_workload();
const Workload& file_write_workload();

}  // namespace asyncbench::workloads
