// The strategies that leave HTTP to libcurl. Clients alone: they perform Begin, Exchange, Sleep,
// Close, Finish and the operations on files.
#pragma once

#include <memory>

#include "core/strategy.hpp"

namespace asyncbench {

// Its multi_socket interface on epoll. Performs Gather, too.
std::unique_ptr<Strategy> make_curl_multi();

// Its easy interface: a thread for each task, blocking in curl_easy_perform.
std::unique_ptr<Strategy> make_curl_threads();

}  // namespace asyncbench
