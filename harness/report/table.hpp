// A result as a table for a terminal.
#pragma once

#include <cstddef>
#include <string>

#include "result/result.hpp"

namespace asyncbench::report {

struct TableOptions {
  bool color = false;      // bold for the best of each group, dim for intervals
  std::size_t width = 80;  // columns; what does not fit goes into a second block below
};

// One table for each workload and parameters, the best strategy first, each figure as its median
// with the farther end of its interval below it; then notes in words with advice, and the machine.
// The result must have its summaries. Deterministic.
std::string table(const result::Result& result, const TableOptions& options = {});

// Whether to color what is written to this descriptor: a terminal, and neither NO_COLOR
// (https://no-color.org) nor TERM=dumb is set.
bool wants_color(int fd);

}  // namespace asyncbench::report
