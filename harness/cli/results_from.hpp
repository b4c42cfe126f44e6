// Reading stored results, for the subcommands that take some.
#pragma once

#include <string>

#include "result/result.hpp"

namespace asyncbench::cli {

// With its summaries made anew. Fields of a newer minor version are listed on stderr. Throws
// CommandError (exit 2) for a file that cannot be read or is no result; the message names the byte
// where the trouble is.
result::Result result_from(const std::string& path);

}  // namespace asyncbench::cli
