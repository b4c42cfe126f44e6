#pragma once

#include <memory>

#include "core/strategy.hpp"

namespace asyncbench {

std::unique_ptr<Strategy> make_uring();

}  // namespace asyncbench
