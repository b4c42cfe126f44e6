// The strategy `asio`: Boost.Asio as C++ programs use it, one io_context a thread, callbacks.
#pragma once

#include <memory>

#include "core/strategy.hpp"

namespace asyncbench {

std::unique_ptr<Strategy> make_asio();

}  // namespace asyncbench
