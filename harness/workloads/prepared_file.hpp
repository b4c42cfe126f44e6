// The file of a file workload, as a job finds it.
#pragma once

#include <string>

#include "core/fd.hpp"
#include "workloads/file_parameters.hpp"

namespace asyncbench::workloads {

// A nameless file in the folder, every block of which holds what file_content.hpp says of the
// prepared write. All of it is on the disk, so that no writing back disturbs the job; and, unless
// it is to be direct or cold, in the page cache. Throws std::system_error with the operation.
Fd prepare_file(const FileParameters& parameters, const std::string& folder);

}  // namespace asyncbench::workloads
