// A file that no name leads to.
#pragma once

#include <string>

#include "core/fd.hpp"

namespace asyncbench::workloads {

// A new file in the folder, for reading and writing, of which nothing is left however this process
// ends: the kernel frees it when its last descriptor is closed. Throws std::system_error with the
// operation and the folder.
Fd make_nameless_file(const std::string& folder);

// The path under which this process can open the file of a descriptor once more (proc(5)).
std::string path_of(int fd);

}  // namespace asyncbench::workloads
