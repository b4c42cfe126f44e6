// The strategy `libaio`: files by Linux's own asynchronous I/O, io_submit(2).
#pragma once

#include <memory>

#include "core/strategy.hpp"

namespace asyncbench {

std::unique_ptr<Strategy> make_libaio();

}  // namespace asyncbench
