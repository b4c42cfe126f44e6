// What a thread waits for, read from the kernel functions that it sleeps in.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace asyncbench::measure {

// What a request's thread does during the request.
enum class Activity : std::uint8_t {
  own_code,     // its own task's code
  other_tasks,  // other tasks' code: the thread works for others
  loop,         // on the CPU outside of tasks: the strategy, its library, and the kernel for them
  run_queue,    // runnable, but another thread had the CPU
  peer,         // asleep until something comes, because nothing was ready
  threads,      // asleep until another thread of the process wakes it
  storage,      // asleep in a file operation
  unknown,      // not recorded
};
inline constexpr std::size_t kActivities = 8;
std::string_view name_of(Activity activity);

struct WaitReason {
  std::string_view name;  // "epoll_wait", "io_uring_enter", "futex" ...
  Activity activity;
};

// What a stack's kernel functions, leaf first, say. "other" when no rule knows them, "unknown" when
// there are none.
WaitReason wait_reason(std::span<const std::string> kernel);

}  // namespace asyncbench::measure
