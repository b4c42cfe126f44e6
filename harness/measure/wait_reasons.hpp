// What a thread waits for, read from the kernel functions that it sleeps in.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace asyncbench::measure {

// What the time of a request goes into, as far as its thread is concerned.
enum class Activity : std::uint8_t {
  own_code,     // its own task's code
  other_tasks,  // other tasks' code: the thread was busy for others
  loop,         // on the CPU outside of tasks: the strategy, its library, and the kernel for them
  run_queue,    // runnable, but another thread had the CPU
  peer,         // asleep until something comes: nothing was ready
  threads,      // asleep until another thread of the process lets it go on
  storage,      // asleep in a file operation
  unknown,      // not recorded
};
inline constexpr std::size_t kActivities = 8;
std::string_view name_of(Activity activity);

struct WaitReason {
  std::string_view name;  // "epoll_wait", "io_uring_enter", "futex" ...
  Activity activity;
};

// Of a stack's kernel functions, leaf first. "other" when no rule knows it, "unknown" when there is
// none.
WaitReason wait_reason(std::span<const std::string> kernel);

}  // namespace asyncbench::measure
