// Whether this host can give a file workload what it asks for.
#pragma once

#include <string>

#include "workloads/file_parameters.hpp"

namespace asyncbench::workloads {

// Where buffers of direct reads and writes begin; no file system asks for more.
inline constexpr std::size_t kBufferAlignment = 4096;

// Why the parameters make no sense together, or the folder or the memory cannot hold what they ask
// for: one line, with the remedy. Empty: they can be had.
std::string file_objection(const FileParameters& parameters, const std::string& folder);

}  // namespace asyncbench::workloads
