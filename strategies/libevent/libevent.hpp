// The strategy `libevent`: one event_base a thread, events on sockets.
#pragma once

#include <memory>

#include "core/strategy.hpp"

namespace asyncbench {

std::unique_ptr<Strategy> make_libevent();

}  // namespace asyncbench
