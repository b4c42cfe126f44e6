// The strategies that leave HTTP to libcurl: clients only. In reading order: curl.cpp says what
// they offer; transfer performs one exchange after the other on an easy handle; curl_outcome tells
// how it ended; multi_loop drives handles from one event loop; easy_run drives each in a thread of
// its own.
#pragma once

#include <memory>

#include "core/strategy.hpp"

namespace asyncbench {

// Its multi_socket interface on epoll.
std::unique_ptr<Strategy> make_curl_multi();

// Its easy interface: a thread for each task, blocking in curl_easy_perform.
std::unique_ptr<Strategy> make_curl_threads();

}  // namespace asyncbench
