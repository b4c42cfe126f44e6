// The strategy `epoll`: a reactor over edge-triggered epoll, written by hand. Its variants differ
// in who performs operations on files, or who accepts.
#pragma once

#include <memory>
#include <vector>

#include "core/strategy.hpp"

namespace asyncbench {

std::unique_ptr<Strategy> make_epoll();

// It, and its variants.
std::vector<std::unique_ptr<Strategy>> make_epoll_variants();

}  // namespace asyncbench
