// Which strategies are compared with others as one.
#pragma once

#include <string>

#include "result/result.hpp"

namespace asyncbench::analyze {

// The family of the cell's strategy (core/strategy.hpp). Results before version 1.4 have none: then
// the one that its name stands for, where it is one of ours. A strategy that belongs to no family
// is one of its own: its name.
std::string family_of(const result::Cell& cell);

}  // namespace asyncbench::analyze
