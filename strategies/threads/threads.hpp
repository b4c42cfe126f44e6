#pragma once

#include <memory>

#include "core/strategy.hpp"

namespace asyncbench {

// A fresh thread for every unit of work.
std::unique_ptr<Strategy> make_thread_per_request();

// The same code with one thread for the whole life of a task.
std::unique_ptr<Strategy> make_thread_per_connection();

// A bounded number of threads that take tasks from one queue.
std::unique_ptr<Strategy> make_thread_pool();

}  // namespace asyncbench
