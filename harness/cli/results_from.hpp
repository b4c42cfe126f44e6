// Reading stored results, for the subcommands that take some.
#pragma once

#include <string>
#include <vector>

#include "analyze/footing.hpp"
#include "result/result.hpp"

namespace asyncbench::cli {

// The stored result, with its summaries computed again. Fields of a newer minor version are listed
// on stderr. Throws CommandError (exit 2) for a file that cannot be read or is no result; the
// message names the byte where the trouble is.
result::Result result_from(const std::string& path);

// Why figures of the others cannot be compared with the first's: one line each, none twice.
std::vector<std::string> differences_of(const std::vector<result::Result>& results,
                                        analyze::Peers peers);

// How the builds of the others differ from the first's, and which is not optimized.
std::vector<std::string> build_remarks_of(const std::vector<result::Result>& results);

}  // namespace asyncbench::cli
