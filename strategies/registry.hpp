// The strategies that asyncbench comes with.
#pragma once

#include "core/strategy.hpp"

namespace asyncbench {

Registry make_registry();

}  // namespace asyncbench
