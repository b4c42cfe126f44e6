#pragma once

#include <memory>

#include "core/strategy.hpp"

namespace asyncbench {

// The strategy to copy: complete, short, and not in the registry, for poll(2) looks at every
// descriptor in every turn.
std::unique_ptr<Strategy> make_poll_strategy();

}  // namespace asyncbench
