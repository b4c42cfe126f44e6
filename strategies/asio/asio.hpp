// Boost.Asio as C++ programs use it, one io_context a thread.
#pragma once

#include <memory>

#include "core/strategy.hpp"

namespace asyncbench {

// `asio`: over epoll, with callbacks.
std::unique_ptr<Strategy> make_asio();

// `asio_coro`: over epoll, with C++20 coroutines.
std::unique_ptr<Strategy> make_asio_coro();

// `asio:idiomatic`: over epoll, as most programs use it.
std::unique_ptr<Strategy> make_asio_idiomatic();

// `asio:shared_context`: the same, but one io_context for all threads.
std::unique_ptr<Strategy> make_asio_shared_context();

// `asio_uring`: over Asio's io_uring backend, with callbacks.
std::unique_ptr<Strategy> make_asio_uring();

}  // namespace asyncbench
