// The strategy that leaves HTTP to libcurl: its multi_socket interface on epoll.
#pragma once

#include <memory>

#include "core/strategy.hpp"

namespace asyncbench {

// A client alone: performs Begin, Exchange, Sleep, Close and Finish.
std::unique_ptr<Strategy> make_curl_multi();

}  // namespace asyncbench
