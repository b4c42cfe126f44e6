// The strategy `epoll`: a reactor over edge-triggered epoll, written by hand.
#pragma once

#include <memory>

#include "core/strategy.hpp"

namespace asyncbench {

std::unique_ptr<Strategy> make_epoll();

}  // namespace asyncbench
