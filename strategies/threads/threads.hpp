// The strategies that make blocking calls in threads. In reading order: threads.cpp says how they
// differ; thread_run starts and ends a run; threaded_task drives one task and its children;
// workforce and thread_pool provide the threads; blocking_stream performs the operations of a
// stream; poller waits for the pool's idle tasks; stop_signal is the stop as blocked threads see
// it.
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
