#pragma once

#include <memory>
#include <vector>

#include "core/strategy.hpp"

namespace asyncbench {

// `uring`, the best setting for general use, and its variants, each of them one step from it:
// together they show what each feature of io_uring is worth.
std::vector<std::unique_ptr<Strategy>> make_uring_ladder();

}  // namespace asyncbench
